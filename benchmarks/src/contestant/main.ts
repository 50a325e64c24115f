// The entry of a contestant's process: one library, one case, nothing else in memory. Told what to do over IPC.
import { CONNECTIONS, type DriverName } from '../cases/case.js';
import { NotAvailable, type Driver, type DriverOptions } from '../drivers/driver.js';
import { workFactory } from '../work/works.js';
import type { Answer, Go, Request, Word } from './messages.js';
import { fingerprint, formOf, type Form } from './same.js';
import type { Work, WorkSetup } from './work.js';

let setup: WorkSetup | undefined;
let work: Work | undefined;

async function answer(request: Request): Promise<Answer> {
  switch (request.kind) {
    case 'prepare':
      return prepare(request);
    case 'check':
      return checked();
    case 'count':
      return count(request.url, request.turns);
    case 'round':
      if (request.warmMs > 0) await prepared().round(request.warmMs);
      return { kind: 'measured', figures: await prepared().round(request.ms) };
    case 'close':
      await work?.close?.();
      await setup?.driver.close();
      return { kind: 'closed' };
  }
}

/** All are held against the first of the case, in the form of each: so that one is looked at in both. */
async function checked(): Promise<Answer> {
  const rows = await prepared().check?.();
  if (!rows || !setup) return { kind: 'checked' };
  const { contestant, spec } = setup;
  const first = spec.contestants[0]?.id === contestant.id;
  const forms: readonly Form[] = first ? ['exact', 'loose'] : [formOf(contestant.way)];
  return { kind: 'checked', fingerprint: fingerprint(rows, forms) };
}

async function prepare({ spec, contestant, url, quick }: Request & { kind: 'prepare' }): Promise<Answer> {
  try {
    setup = { driver: await open(contestant.driver, optionsOf(contestant, url)), contestant, spec, quick };
    work = await workFactory(spec.work)(setup);
    return { kind: 'ready' };
  } catch (error) {
    if (error instanceof NotAvailable) return { kind: 'unavailable', reason: error.message };
    throw error;
  }
}

const optionsOf = ({ databases, connection }: WorkSetup['contestant'], url: string): DriverOptions => ({
  url,
  max: CONNECTIONS,
  databases,
  connection,
});

/** Only the library that is needed: what the others cost in memory is none of its business. */
async function open(name: DriverName, options: DriverOptions): Promise<Driver> {
  if (name === 'hydrogen') return (await import('../drivers/hydrogen.driver.js')).hydrogenDriver(options);
  if (name === 'postgres') return (await import('../drivers/postgres-js.driver.js')).postgresJsDriver(options);
  if (name === 'pg' || name === 'pg-named') {
    return (await import('../drivers/pg.driver.js')).pgDriver(options, name === 'pg-named');
  }
  throw new Error(`${name} is a program, not a library`);
}

const WARM_TURNS = 12;

async function count(url: string, turns: number): Promise<Answer> {
  if (!setup) throw new Error('not prepared');
  const { contestant, spec, quick } = setup;
  const driver = await open(contestant.driver, optionsOf(contestant, url));
  const counted = await workFactory(spec.work)({ driver, contestant, spec, quick });
  const { once } = counted;
  if (once) {
    for (let turn = 0; turn < WARM_TURNS; turn++) await once(turn);
    await said({ kind: 'warm' });
    for (let turn = 0; turn < turns; turn++) await once(turn);
    await said({ kind: 'done' });
  }
  await counted.close?.();
  await driver.close();
  return { kind: 'counted', turns: once ? turns : 0 };
}

function prepared(): Work {
  if (!work) throw new Error('not prepared');
  return work;
}

/** Without its parent it has nothing to do. */
function tell(message: Answer | Word): void {
  process.send?.(message, undefined, undefined, (error) => {
    if (error) process.exit(1);
  });
}

const waiting: (() => void)[] = [];

/** A word to the parent, and its nod. */
function said(word: Word): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    tell(word);
  });
}

process.on('message', (message: Request | Go) => {
  if (message.kind === 'go') return waiting.shift()?.();
  answer(message)
    .catch((error: unknown): Answer => ({ kind: 'failed', message: describe(error) }))
    .then(tell, () => process.exit(1));
});
process.on('disconnect', () => process.exit(0));

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && !error.message.includes(code) ? `${code}: ${error.message}` : error.message;
}
