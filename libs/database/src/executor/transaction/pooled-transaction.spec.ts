// A connection that is held: statements in the order of the calls, BEGIN in the first one's flight, and the end of it all.
import { describe, expect, it } from '@jest/globals';
import { executorKit, type ExecutorKit, type KitOptions } from '../../../test-support/executor-kit.js';
import { rejection } from '../../../test-support/failure.js';
import { lost, settle, type FakeExecution, type FakeConnection } from '../../../test-support/fake-connection.js';
import { databaseError } from '../../errors/database.error.js';
import type { TransactionOptions } from '../../query/query-options.js';
import type { Transaction } from './pooled-transaction.js';

/** Plays the server's part as to transactions; statements named `hang` and `fail` do so. */
function server(execution: FakeExecution, connection: FakeConnection): void {
  const { statement, options } = execution;
  setImmediate(() => {
    if (statement.text === 'hang') return;
    if (options.prelude?.some(({ text }) => text.startsWith('begin'))) connection.transactionStatus = 'T';
    if (statement.text === 'fail') {
      if (connection.transactionStatus === 'T') connection.transactionStatus = 'E';
      return execution.fail(databaseError({ code: 'DB_UNIQUE', message: 'no', sqlState: '23505' }));
    }
    if (/^(?:commit|rollback)$/.test(statement.text)) connection.transactionStatus = 'I';
    if (statement.text.startsWith('rollback to')) connection.transactionStatus = 'T';
    execution.succeed();
  });
}

const kitOf = (options: KitOptions = {}): ExecutorKit => executorKit({ onExecute: server, ...options });
/** As a Database asks for it. */
const transact = <R>(kit: ExecutorKit, fn: (tx: Transaction) => Promise<R>, options: TransactionOptions): Promise<R> =>
  kit.executor.transaction(fn, options);
const texts = (kit: ExecutorKit): string[] => kit.sent().map((each) => each.replace(/^\d+: /, ''));

describe('a transaction', () => {
  it('begins in the flight of its first statement', async () => {
    const kit = kitOf();
    await transact(
      kit,
      async (tx) => {
        await tx.query('one');
        await tx.query('two');
      },
      { isolation: 'serializable', readOnly: true },
    );
    expect(texts(kit)).toEqual(['begin isolation level serializable read only; one', 'two', 'commit']);
    expect(kit.executor.pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  it('without a statement sends nothing', async () => {
    const kit = kitOf();
    expect(await transact(kit, async () => 7, {})).toBe(7);
    await expect(transact(kit, () => Promise.reject(new Error('own')), {})).rejects.toThrow('own');
    expect(texts(kit)).toEqual([]);
  });

  it('begins with a savepoint, if that is the first', async () => {
    const kit = kitOf();
    await transact(kit, (tx) => tx.transaction((nested) => nested.query('one')), {});
    expect(texts(kit)).toEqual(['begin; savepoint hydrogen_1', 'one', 'release savepoint hydrogen_1', 'commit']);
  });

  it.each(['close', 'drain'] as const)(
    'between two statements is cut at the end of the time that its database has to end (%s)',
    async (how) => {
      const kit = kitOf();
      const never = new Promise<void>(() => {});
      const cut = rejection(transact(kit, (tx) => tx.query('one').then(() => never), {}));
      await settle();
      expect(texts(kit)).toEqual(['begin; one']);
      const ended = kit.executor[how](kit.clock.now() + 1_000);
      await kit.clock.advanceAsync(900);
      expect(kit.executor.pool.stats().leased).toBe(1);
      await kit.clock.advanceAsync(100);
      await settle();
      expect((await cut).code).toBe('DB_CLOSING');
      await ended;
      expect(kit.clock.pendingTimers).toBe(0);
    },
  );

  it('is rolled back when its first statement failed, BEGIN having been done', async () => {
    const kit = kitOf();
    const done = rejection(transact(kit, (tx) => tx.query('fail'), {}));
    expect((await done).code).toBe('DB_UNIQUE');
    expect(texts(kit)).toEqual(['begin; fail', 'rollback']);
  });

  it('begins again when BEGIN was dropped with its statement: nothing may run outside of it', async () => {
    const kit = kitOf();
    await transact(
      kit,
      async (tx) => {
        const doomed = rejection(tx.query('hang', [], { timeoutMs: 50 }));
        await kit.clock.settle();
        kit.clock.advance(50);
        await doomed;
        kit.connections[0]?.last.fail(lost('dropped'));
        kit.connections[0]?.last.cancelled.resolve();
        await tx.query('two');
      },
      {},
    );
    expect(texts(kit)).toEqual(['begin; hang', 'begin; two', 'commit']);
  });

  it('runs its statements in the order of the calls, one at a time', async () => {
    const kit = kitOf();
    let most = 0;
    await transact(
      kit,
      async (tx) => {
        const all = ['a', 'b', 'c'].map((text) =>
          tx.query(text).then(() => (most = Math.max(most, kit.connections[0]?.inFlight ?? 0))),
        );
        await Promise.all(all);
      },
      {},
    );
    expect(texts(kit)).toEqual(['begin; a', 'b', 'c', 'commit']);
    expect(most).toBeLessThanOrEqual(1);
  });

  it('lengthens the server’s time for one statement, and shortens it again for the next', async () => {
    const kit = kitOf();
    await transact(
      kit,
      async (tx) => {
        await tx.query('a');
        await tx.query('long', [], { timeoutMs: 30_000 });
        await tx.query('b');
        await tx.query('c');
      },
      {},
    );
    const set = 'select pg_catalog.set_config($1, $2, true)';
    expect(texts(kit)).toEqual(['begin; a', `${set}; long`, `${set}; b`, 'c', 'commit']);
    const [, first, second] = kit.connections[0]?.executions ?? [];
    expect([first, second].map((each) => each?.options.prelude?.[0]?.parameters[1])).toEqual(['31000', '10000']);
  });

  it('says the time again after an error has taken it back', async () => {
    const kit = kitOf();
    await transact(
      kit,
      async (tx) => {
        await tx.query('long', [], { timeoutMs: 30_000 });
        await tx.transaction((nested) => nested.query('fail')).catch(() => {});
        await tx.query('b');
      },
      {},
    );
    expect(texts(kit).find((each) => each.endsWith('; b'))).toContain('set_config');
  });
});

describe('a lease', () => {
  it('runs its statements in order; one whose time is over before its turn was never sent', async () => {
    const kit = kitOf();
    const lease = await kit.executor.acquire({});
    const first = rejection(lease.query('hang', [], { timeoutMs: 100 }));
    const second = rejection(lease.query('second', [], { timeoutMs: 50 }));
    const third = lease.query('third');
    await kit.clock.advanceAsync(50);
    expect(await second).toMatchObject({ code: 'DB_DEADLINE', step: 'acquire', inDoubt: false });
    await kit.clock.advanceAsync(50);
    expect(await first).toMatchObject({ code: 'DB_DEADLINE', step: 'execute', inDoubt: true });
    kit.connections[0]?.last.fail(databaseError({ code: 'DB_CANCELLED', message: 'stopped', sqlState: '57014' }));
    kit.connections[0]?.last.cancelled.resolve();
    await third;
    expect(texts(kit)).toEqual(['hang', 'third']);
    await lease.release();
  });

  it('is given back when its statements have ended, once', async () => {
    const kit = kitOf();
    const lease = await kit.executor.acquire({});
    const running = [lease.query('a'), lease.query('b')];
    const released = lease.release();
    expect((await rejection(lease.query('late'))).code).toBe('DB_RELEASED');
    expect(kit.executor.pool.stats().leased).toBe(1);
    await Promise.all(running);
    await released;
    await lease.release();
    expect([texts(kit), kit.executor.pool.stats().leased]).toEqual([['a', 'b'], 0]);
  });

  it('whose statement does not heed its cancel is lost, and says so to those who wait', async () => {
    const kit = kitOf();
    const lease = await kit.executor.acquire({});
    const first = rejection(lease.query('hang', [], { timeoutMs: 50 }));
    const second = rejection(lease.query('second'));
    await kit.clock.advanceAsync(150);
    expect([(await first).code, (await second).code]).toEqual(['DB_DEADLINE', 'DB_CONNECTION_LOST']);
    expect((await rejection(lease.query('third'))).code).toBe('DB_CONNECTION_LOST');
    await lease.release();
    expect(texts(kit)).toEqual(['hang']);
  });
});
