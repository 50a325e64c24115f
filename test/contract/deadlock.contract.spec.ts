// The wait that no time ends: callbacks that hold every connection and each want one more. Refused at once; a pool that is only
// busy is no deadlock.
import { afterEach, describe, expect, it } from '@jest/globals';
import { DatabaseError, type Database } from '@hydrogen/database';
import { openModule, type OpenModule } from '../support/module.js';

let open: OpenModule;
afterEach(() => open.close());

const AcquireTimeoutMs = 10_000;

async function database(MaxConnections: number, Workers = 0): Promise<Database> {
  open = await openModule({ databases: { Workers }, connection: { MaxConnections, AcquireTimeoutMs } });
  return open.db;
}

async function errorOf(promise: Promise<unknown>): Promise<DatabaseError | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    throw error;
  }
}

/** All callers are inside their callbacks before any of them goes on. */
function meetingOf(size: number): () => Promise<void> {
  let here = 0;
  let go!: () => void;
  const all = new Promise<void>((resolve) => (go = resolve));
  return () => {
    if (++here === size) go();
    return all;
  };
}

type Ask = (db: Database) => Promise<void>;
type Hold = (db: Database, inside: () => Promise<unknown>) => Promise<unknown>;

const nested: readonly [string, Hold][] = [
  ['using', (db, inside) => db.using(async () => inside())],
  ['transaction', (db, inside) => db.transaction(async () => inside())],
];

/** They await, as services do: an error's stack shows who waits. */
const anew = { propagation: 'REQUIRES_NEW' } as const;
const asks: readonly [string, Ask][] = [
  ['a lease', async (db) => void (await db.using(async (lease) => lease.query('select 1')))],
  ['a new transaction', async (db) => void (await db.transaction(async (tx) => tx.query('select 1'), anew))],
];
/** Inside of a transaction these join it. */
const joining: readonly [string, Ask][] = [
  ['a read', async (db) => void (await db.query('select 1'))],
  ['a write', async (db) => void (await db.query('create temp table t (n int)'))],
  ['a transaction', async (db) => void (await db.transaction(async (tx) => tx.query('select 1')))],
];
const cases = [
  ...nested.flatMap(([hold, holding]) => asks.map(([ask, asking]) => [hold, ask, holding, asking] as const)),
  ...joining.map(([ask, asking]) => ['using', ask, (nested[0] as [string, Hold])[1], asking] as const),
];

describe('where there is one connection', () => {
  it.each(cases)('inside %s %s on the database itself is refused at once', async (_hold, _ask, hold, ask) => {
    const db = await database(1);
    await db.query('select 1');
    const started = performance.now();
    const error = await errorOf(hold(db, () => ask(db)));
    expect(error?.code).toBe('DB_SELF_DEADLOCK');
    expect(error?.holders).toHaveLength(1);
    // Where the connection was acquired, and where the call that was refused stands.
    expect(error?.holders?.[0]?.stack).toContain('deadlock.contract.spec');
    expect(error?.stack).toContain('deadlock.contract.spec');
    expect(performance.now() - started).toBeLessThan(AcquireTimeoutMs / 2);
    expect((await db.query('select 2 as n')).rows).toEqual([{ n: 2 }]);
  });
});

describe.each([0, 1])('with Workers: %i', (Workers) => {
  it('eight callers of two connections each, on four: nobody hangs, the youngest of a circle is refused, the others go on', async () => {
    const db = await database(4, Workers);
    const started = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        errorOf(
          db.transaction(async (tx) => {
            await tx.query('select $1::int', [n]);
            await db.transaction(async (inner) => inner.query('select pg_sleep(0.01)'), anew);
          }),
        ),
      ),
    );
    const codes = outcomes.map((error) => error?.code ?? 'ok');
    expect(new Set(codes)).toEqual(new Set(['ok', 'DB_SELF_DEADLOCK']));
    // Three keep what they hold while each next one is refused and makes room.
    expect(codes.filter((code) => code === 'ok').length).toBeGreaterThanOrEqual(3);
    expect(performance.now() - started).toBeLessThan(AcquireTimeoutMs / 2);
    expect(db.pool.stats().waiting).toBe(0);
  });
});

describe('no deadlock', () => {
  it('is a pool that is busy: who holds a connection and works on it lets the others wait', async () => {
    const db = await database(2);
    const meeting = meetingOf(2);
    const worker = db.using(async (lease) => {
      await meeting();
      await lease.query('select pg_sleep(0.2)');
    });
    const wanting = db.using(async () => {
      await meeting();
      return db.using(async (lease) => lease.query('select 1 as n'));
    });
    expect(await errorOf(wanting)).toBeUndefined();
    await worker;
  });

  it('is a wait for a single statement to end', async () => {
    const db = await database(2);
    const statement = db.query('select pg_sleep(0.2)');
    const inside = db.using(async () => db.query("set application_name = 'x'"));
    expect(await errorOf(inside)).toBeUndefined();
    await statement;
  });

  it('is a wait for a connection in shared use: it is asked back', async () => {
    const db = await database(2);
    await db.query('select 1 as n');
    await db.query('select 1 as n');
    expect(db.pool.stats().standing).toBe(1);
    expect(await errorOf(db.using(async () => db.using(async (lease) => lease.query('select 1'))))).toBeUndefined();
  });

  it('is the tx of the callback itself, whatever the depth', async () => {
    const db = await database(1);
    const inner = db.transaction(async (tx) => tx.transaction(async (deeper) => deeper.query('select 1')));
    expect(await errorOf(inner)).toBeUndefined();
  });
});
