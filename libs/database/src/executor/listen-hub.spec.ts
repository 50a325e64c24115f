// Listening over connections that die, answer late or refuse: who is called, who is told of the gap, and that the
// connection always comes back.
import { describe, expect, it } from '@jest/globals';
import { executorKit, type ExecutorKit, type KitOptions } from '../../test-support/executor-kit.js';
import { rejection } from '../../test-support/failure.js';
import { settle, type FakeConnection } from '../../test-support/fake-connection.js';
import { databaseError } from '../errors/database.error.js';
import type { Gap, ListenOptions, Subscription } from './subscription.js';

/** A server that answers everything at once, unless told otherwise. */
function open(options: KitOptions = {}): ExecutorKit & { heard: string[]; listen: typeof listen } {
  const heard: string[] = [];
  const kit = executorKit({ max: 2, onExecute: (execution) => setImmediate(() => execution.succeed()), ...options });
  const listen = (channel: string, more: ListenOptions = {}): Promise<Subscription> =>
    kit.executor.listen(channel, (payload) => void heard.push(`${channel}: ${payload}`), more);
  return { ...kit, heard, listen };
}

const last = ({ connections }: ExecutorKit): FakeConnection => connections.at(-1) as FakeConnection;

/** Timers and what they lead to, alternately. */
async function pass({ clock }: ExecutorKit, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    clock.advance(50);
    await settle();
  }
}

describe('listening', () => {
  it('shares one connection, quotes names, and gives it back with the last', async () => {
    const kit = open();
    const one = await kit.listen('a"b');
    const two = await kit.listen('c');
    const again = await kit.listen('c');
    expect(kit.sent()).toEqual(['1: listen "a""b"', '1: listen "c"']);
    last(kit).listener?.('c', 'x', 1);
    last(kit).listener?.('a"b', 'y', 1);
    expect(kit.heard).toEqual(['c: x', 'c: x', 'a"b: y']);
    await two.close();
    last(kit).listener?.('c', 'z', 1);
    expect(kit.heard.slice(3)).toEqual(['c: z']);
    await again.close();
    expect(kit.sent().at(-1)).toBe('1: unlisten "c"');
    await one.close();
    expect(kit.executor.pool.stats()).toMatchObject({ leased: 0 });
    // Whatever goes wrong with it, nobody else hears of these channels.
    expect(kit.connections[0]?.executions[0]?.statement.touches).toEqual(['listen']);
  });

  it('is no leak, however long it lasts', async () => {
    const leaks: unknown[] = [];
    const kit = open({ pool: { leakThresholdMs: 100 }, observer: { leaked: (ms) => void leaks.push(ms) } });
    void kit.executor.acquire({});
    await kit.listen('a');
    await pass(kit, 1_000);
    expect(leaks).toHaveLength(1);
  });

  it('comes back by itself after a loss, and tells every listener of the gap once', async () => {
    const kit = open();
    const gaps: Gap[] = [];
    await kit.listen('a', { onGap: (gap) => void gaps.push(gap) });
    await kit.listen('b', { onGap: (gap) => void gaps.push(gap) });
    kit.lose(0);
    await pass(kit, 100);
    expect(kit.sent().slice(-2)).toEqual(['2: listen "a"', '2: listen "b"']);
    expect(gaps.map(({ reason }) => (reason as { code?: string }).code)).toEqual([
      'DB_CONNECTION_LOST',
      'DB_CONNECTION_LOST',
    ]);
    last(kit).listener?.('b', 'there', 1);
    expect(kit.heard).toEqual(['b: there']);
    expect(kit.executor.pool.stats()).toMatchObject({ leased: 1, total: 1 });
  });

  it('tries again with growing pauses as long as the server refuses, and dates the gap from the first loss', async () => {
    let refusing = false;
    const kit = open({
      onExecute: (execution) =>
        setImmediate(() =>
          refusing
            ? execution.fail(databaseError({ code: 'DB_READ_ONLY', message: 'standby', sqlState: '25006' }))
            : execution.succeed(),
        ),
    });
    const gaps: Gap[] = [];
    await kit.listen('a', { onGap: (gap) => void gaps.push(gap) });
    refusing = true;
    kit.lose(0);
    await pass(kit, 10_000);
    const tries = kit.sent().length - 1;
    expect(tries).toBeGreaterThan(4);
    expect(tries).toBeLessThan(14);
    expect([gaps.length, kit.warnings.length]).toEqual([0, tries]);
    refusing = false;
    await pass(kit, 6_000);
    expect(gaps).toHaveLength(1);
  });

  it('finds out by itself that a silent connection is dead', async () => {
    const kit = open({
      onExecute: (execution) => {
        if (execution.statement.text !== 'select 1') setImmediate(() => execution.succeed());
      },
    });
    const gaps: Gap[] = [];
    await kit.listen('a', { onGap: (gap) => void gaps.push(gap) });
    await pass(kit, 30_000);
    expect(kit.sent().at(-1)).toBe('1: select 1');
    await pass(kit, 5_500);
    expect(gaps).toHaveLength(1);
    expect(kit.sent().at(-1)).toBe('2: listen "a"');
  });

  it('refuses a connection whose session is shared by a pooler, and gives it back', async () => {
    const kit = open({
      onConnect: (connection: FakeConnection) =>
        void Object.assign(connection, { capabilities: { ...connection.capabilities, ownSession: false } }),
    });
    expect((await rejection(kit.listen('a'))).code).toBe('DB_UNSUPPORTED');
    expect(kit.executor.pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  it('that cannot begin leaves nothing behind', async () => {
    const kit = open({
      onExecute: (execution) =>
        setImmediate(() =>
          execution.fail(databaseError({ code: 'DB_READ_ONLY', message: 'standby', sqlState: '25006' })),
        ),
    });
    expect((await rejection(kit.listen('a'))).code).toBe('DB_READ_ONLY');
    await pass(kit, 1_000);
    expect([kit.executor.pool.stats().leased, kit.sent()]).toEqual([0, ['1: listen "a"']]);
  });

  it('keeps its deadline while another change is on its way', async () => {
    const kit = open({ onExecute: () => {} });
    const stuck = kit.listen('a', { timeoutMs: 500 });
    stuck.catch(() => {});
    await settle();
    const behind = kit.listen('b', { timeoutMs: 100 });
    behind.catch(() => {});
    await pass(kit, 100);
    expect((await rejection(behind)).code).toBe('DB_DEADLINE');
    await pass(kit, 400);
    expect((await rejection(stuck)).code).toBe('DB_DEADLINE');
  });

  it('ends with the database: nobody is called, nothing is tried again', async () => {
    const kit = open();
    const subscription = await kit.listen('a');
    await kit.executor.close(kit.clock.now());
    last(kit).listener?.('a', 'late', 1);
    await pass(kit, 1_000);
    await subscription.close();
    expect([kit.heard, kit.executor.pool.stats().total, kit.clock.pendingTimers]).toEqual([[], 0, 0]);
    expect((await rejection(kit.listen('a'))).code).toBe('DB_CLOSING');
  });
});
