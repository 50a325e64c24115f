// Real worker threads over a connector without a server: what crosses arrives whole and in order, and whatever a thread dies
// of, everything it owed is settled and another one is up.
import { afterEach, describe, expect, it } from '@jest/globals';
import { NO_LIMITS } from '../connection/connection.js';
import type { ExecuteOptions } from '../connection/execution.js';
import { ResultReader } from '../connection/result-reader.js';
import { NO_CODECS } from '../connection/type-options.js';
import type { Statement } from '../query/statement.js';
import { WorkerSupervisor } from './worker-supervisor.js';

const ENTRY = new URL('../../test-support/echo.worker.js', import.meta.url);
const ROWS: ExecuteOptions = { form: 'rows', limits: NO_LIMITS, prepare: true };

const statement = (text: string, ...parameters: (string | Uint8Array | null)[]): Statement => ({
  text, parameters, touches: [], reads: true, plain: true,
});
describe('x', () => {
  it('works', async () => {
    const warnings: string[] = [];
    const s = new WorkerSupervisor(1, (m) => warnings.push(m), { entry: ENTRY, faults: true });
    const t = performance.now();
    const c = await s.connect({ database: 'Main', host: 'h', port: 1, password: '', startup: {}, preparedCacheSize: 1, types: 'pg', customTypes: [] }, { budgetMs: 5000, signal: new AbortController().signal }, { lost: () => {} }, NO_CODECS);
    console.log('start', performance.now() - t);
    const reader = new ResultReader();
    reader.execution = c.execute(statement('echo', 'a', null, 'ü'), ROWS, reader);
    const chunk = await reader.next();
    const rows: Record<string, unknown>[] = [];
    if (chunk && chunk !== 'suspended') chunk.decode(0, chunk.rowCount, rows);
    console.log(rows, await reader.ended, s.stats(), warnings);
    await s.close();
  });
});
