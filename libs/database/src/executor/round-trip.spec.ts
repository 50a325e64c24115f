// The way to the server: short is believed at once, long slowly.
import { expect, it } from '@jest/globals';
import { executorKit } from '../../test-support/executor-kit.js';
import { lost, statement } from '../../test-support/fake-connection.js';
import { RoundTrip } from './round-trip.js';

it('a faster ping counts at once, a slower one by and by', () => {
  const trip = new RoundTrip();
  expect([trip.known, trip.ms]).toEqual([false, 0]);
  const seen = [20, 10, 30, 12].map((ms) => {
    trip.measured(ms);
    return trip.ms;
  });
  expect(seen).toEqual([20, 10, 12, 12]);
});

it('a server far away makes no statement dear', async () => {
  const kit = executorKit({ executor: { pipelines: 1 } });
  kit.context.roundTrip.measured(40);
  for (const shared of [undefined, true]) {
    const result = kit.executor.run(statement(), {});
    await kit.clock.settle();
    kit.clock.advance(41);
    for (const each of kit.connections[0]?.executions ?? []) each.succeed();
    await result;
    expect(kit.connections[0]?.last.options.shared).toBe(shared);
  }
  expect(kit.executor.stats().statements[0]?.meanMs).toBe(1);
});

it('a connection that does not answer the first question is closed and not lent', async () => {
  const kit = executorKit({
    onConnect: (connection) => {
      connection.answer = Promise.reject(lost());
    },
  });
  void kit.executor.acquire({}).catch(() => {});
  await kit.clock.settle();
  expect(kit.connections[0]?.asked.map(({ what }) => what)).toEqual(['ping', 'close']);
  expect(kit.executor.pool.stats().leased).toBe(0);
});

it('it is asked for twice with the first connection, and learned from proofs of life', async () => {
  const kit = executorKit({ max: 2, pool: { validateAfterIdleMs: 1_000 } });
  const leases = [await kit.executor.acquire({}), await kit.executor.acquire({})];
  const pings = (): number[] => kit.connections.map(({ asked }) => asked.filter(({ what }) => what === 'ping').length);
  expect([pings(), kit.context.roundTrip.known]).toEqual([[2, 0], true]);
  for (const lease of leases) await lease.release();
  await kit.clock.advanceAsync(2_000);
  await kit.executor.acquire({});
  expect(pings().reduce((sum, each) => sum + each)).toBe(3);
});
