// The works by name.
import type { WorkName } from '../cases/case.js';
import type { WorkFactory } from '../contestant/work.js';
import { memoryWork } from './memory.work.js';
import { acquireWork } from './pool.work.js';
import { allRowsWork, thousandRowsWork } from './rows.work.js';
import { slowMixWork } from './slow-mix.work.js';
import { insertWork, lookupWork, tinyWork } from './statements.work.js';
import { transactionWork } from './transaction.work.js';

const WORKS: Readonly<Record<WorkName, WorkFactory>> = {
  tiny: tinyWork,
  lookup: lookupWork,
  insert: insertWork,
  transaction: transactionWork,
  'rows-1000': thousandRowsWork,
  'rows-100k': allRowsWork,
  acquire: acquireWork,
  'slow-mix': slowMixWork,
  memory: memoryWork,
  // Nest and its HTTP server only where they are asked for.
  ping: async (setup) => (await import('./ping.work.js')).pingWork(setup),
};

export function workFactory(name: WorkName): WorkFactory {
  return WORKS[name];
}
