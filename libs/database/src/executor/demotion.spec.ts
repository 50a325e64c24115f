// 25006: when it tells of the server, when of the statement, and what becomes of the call.
import { describe, expect, it } from '@jest/globals';
import { executorKit, type ExecutorKit, type KitOptions } from '../../test-support/executor-kit.js';
import { rejection } from '../../test-support/failure.js';
import type { FakeConnection } from '../../test-support/fake-connection.js';
import type { SessionRole } from '../connection/connection.js';
import { databaseError } from '../errors/database.error.js';
import type { Statement } from '../query/statement.js';

const WRITES: SessionRole = { standby: false, readOnly: false };
const write = (text = 'insert'): Statement => ({ text, parameters: [], touches: [], reads: false, plain: false });
const refusal = () =>
  databaseError({ code: 'DB_READ_ONLY', message: 'cannot execute INSERT', sqlState: '25006', database: 'Main' });

/** @param roles of the connections, in the order in which they are opened; the last counts for the rest */
function kit(roles: readonly (SessionRole | undefined)[], options: KitOptions = {}): ExecutorKit {
  let opened = 0;
  return executorKit({
    ...options,
    onConnect: (connection) => {
      const role = roles[Math.min(opened++, roles.length - 1)];
      Object.assign(connection.info, role ? { role } : {});
    },
  });
}

const at = ({ connections }: ExecutorKit, index: number): FakeConnection => connections[index] as FakeConnection;

describe('a write that is refused because its server has become read-only', () => {
  it('is sent once more, on another connection, and its caller hears nothing of it', async () => {
    const made = kit([WRITES]);
    const result = made.executor.run(write(), {});
    await made.clock.settle();
    at(made, 0).last.fail(refusal());
    await made.clock.settle();
    expect(made.demoted).toEqual([at(made, 0)]);
    expect(at(made, 0).asked.map(({ what }) => what)).toContain('close');
    at(made, 1).last.succeed();
    expect(await result).toMatchObject({ rowCount: 1 });
    expect(made.sent()).toEqual(['1: insert', '2: insert']);
  });

  it('is told when another server that writes refuses it as well: then it is the statement’s own doing, once learned', async () => {
    const made = kit([WRITES]);
    const first = rejection(made.executor.run(write(), {}));
    await made.clock.settle();
    at(made, 0).last.fail(refusal());
    await made.clock.settle();
    at(made, 1).last.fail(refusal());
    expect(await first).toMatchObject({ code: 'DB_READ_ONLY', retryable: false });
    const second = rejection(made.executor.run(write(), {}));
    await made.clock.settle();
    at(made, 1).last.fail(refusal());
    expect(await second).toMatchObject({ code: 'DB_READ_ONLY', retryable: false });
    expect(made.demoted).toHaveLength(1);
  });

  it('is told at once where the session never could write, or nobody knows whether it could', async () => {
    for (const role of [undefined, { standby: true, readOnly: false }, { standby: false, readOnly: true }]) {
      const made = kit([role]);
      const failed = rejection(made.executor.run(write(), {}));
      await made.clock.settle();
      at(made, 0).last.fail(refusal());
      expect(await failed).toMatchObject({ code: 'DB_READ_ONLY', retryable: false });
      expect(made.demoted).toEqual([]);
    }
  });

  it('waits for a server that writes no longer than its deadline', async () => {
    const made = kit([WRITES], { limits: { acquireTimeoutMs: 60_000 }, max: 1 });
    const failed = rejection(made.executor.run(write(), { timeoutMs: 500 }));
    await made.clock.settle();
    const lease = made.executor.acquire({});
    at(made, 0).last.fail(refusal());
    await made.clock.settle();
    await made.clock.advanceAsync(500);
    expect(await failed).toMatchObject({ code: 'DB_DEADLINE', step: 'acquire', inDoubt: false });
    await (await lease).release();
  });

  it('inside a transaction fails it as one that may be run again; one that is read-only by its own wish just fails', async () => {
    for (const readOnly of [false, true]) {
      const made = kit([WRITES], {
        onExecute: (execution, connection) => {
          if (execution.statement.text !== 'insert') return queueMicrotask(() => execution.succeed());
          connection.transactionStatus = 'E';
          queueMicrotask(() => execution.fail(refusal()));
        },
      });
      const failed = rejection(made.executor.transaction((tx) => tx.query('insert'), { readOnly, retries: 0 }));
      await made.clock.settle();
      expect(await failed).toMatchObject({ code: 'DB_READ_ONLY', retryable: !readOnly, inDoubt: false });
      expect(made.demoted).toHaveLength(readOnly ? 0 : 1);
    }
  });

  it('on a shared connection for reads says only that the statement writes', async () => {
    const made = kit([WRITES], {
      executor: { pipelines: 1 },
      onExecute: (execution) => {
        if (execution.statement.text.startsWith('set')) queueMicrotask(() => execution.succeed());
      },
    });
    const read: Statement = { ...write('select writes()'), reads: true, plain: true };
    const result = made.executor.run(read, { lane: 'fast' });
    await made.clock.settle();
    at(made, 0).last.fail(refusal());
    await made.clock.settle();
    expect(made.demoted).toEqual([]);
    at(made, 1).last.succeed();
    await result;
  });
});
