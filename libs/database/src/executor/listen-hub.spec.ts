// Listening over connections that die, answer late, refuse or are to be replaced: who is called, who is told of the gap, and that
// the connection always comes back.
import { describe, expect, it } from '@jest/globals';
import { executorKit, type ExecutorKit, type KitOptions } from '../../test-support/executor-kit.js';
import { rejection } from '../../test-support/failure.js';
import { settle, type FakeConnection, type FakeExecution } from '../../test-support/fake-connection.js';
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

/** A standby for as long as it refuses. */
const answersOf =
  (server: { refuses: boolean }): NonNullable<KitOptions['onExecute']> =>
  (execution) =>
    setImmediate(() =>
      server.refuses
        ? execution.fail(databaseError({ code: 'DB_READ_ONLY', message: 'standby', sqlState: '25006' }))
        : execution.succeed(),
    );

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
    const server = { refuses: false };
    const kit = open({ onExecute: answersOf(server) });
    const gaps: Gap[] = [];
    await kit.listen('a', { onGap: (gap) => void gaps.push(gap) });
    server.refuses = true;
    kit.lose(0);
    await pass(kit, 10_000);
    const tries = kit.sent().length - 1;
    expect(tries).toBeGreaterThan(4);
    expect(tries).toBeLessThan(14);
    expect([gaps.length, kit.warnings.length]).toEqual([0, tries]);
    server.refuses = false;
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

  describe('on a connection that is to be replaced', () => {
    it.each<[string, (kit: ExecutorKit) => unknown]>([
      [
        'recycled with its server',
        ({ executor, connections }) => executor.pool.recycle((each) => each === connections[0]),
      ],
      ['recycled with all', ({ executor }) => executor.pool.recycle()],
      ['replaced', ({ executor, connections }) => executor.pool.replace((each) => each === connections[0])],
    ])('%s, goes to another one, listens there first, and tells of the gap', async (_name, act) => {
      const held: FakeExecution[] = [];
      const kit = open({
        onExecute: (execution, { info }) => {
          const asks = execution.statement.text === 'select 1';
          if (held.length < 3 && (asks || info.processId === 2)) held.push(execution);
          else setImmediate(() => execution.succeed());
        },
      });
      const gaps: Gap[] = [];
      await kit.listen('a', { onGap: (gap) => void gaps.push(gap) });
      await kit.listen('b');
      const began = Date.now();
      const [old] = kit.connections as [FakeConnection];
      const closed = (): boolean => old.asked.some(({ what }) => what === 'close');
      await pass(kit, 5_000);
      void act(kit);
      await pass(kit, 100);
      held[0]?.succeed();
      await pass(kit, 100);
      old.listener?.('a', 'still heard', 1);
      expect([kit.heard, closed(), gaps.length]).toEqual([['a: still heard'], false, 0]);
      held[1]?.succeed();
      await pass(kit, 100);
      expect([closed(), gaps.length]).toEqual([false, 1]);
      // What was sent before the new one listened may come late: it stands in front of the last answer.
      old.listener?.('a', 'on its way', 1);
      held[2]?.succeed();
      await pass(kit, 100);
      expect(kit.sent().slice(-3)).toEqual(['2: listen "a"', '2: listen "b"', '1: select 1']);
      expect(closed()).toBe(true);
      // It may have been the wrong server from the first moment on.
      const message = expect.stringContaining('replaced');
      expect(gaps[0]?.reason).toMatchObject({ code: 'DB_CONNECTION_LOST', message });
      expect(began - Number(gaps[0]?.since)).toBeGreaterThan(4_000);
      old.listener?.('a', 'late', 1);
      last(kit).listener?.('a', 'there', 1);
      expect(kit.heard.slice(1)).toEqual(['a: on its way', 'a: there']);
      await pass(kit, 40_000);
      expect([kit.sent().at(-1), gaps.length, kit.warnings]).toEqual(['2: select 1', 1, []]);
      expect(kit.executor.pool.stats()).toMatchObject({ leased: 1, total: 1 });
    });

    it('gives back first where all are held, and has another', async () => {
      const kit = open();
      const gaps: Gap[] = [];
      await kit.listen('a', { onGap: (gap) => void gaps.push(gap) });
      const other = await kit.executor.acquire({});
      kit.executor.pool.recycle((each) => each === kit.connections[0]);
      await pass(kit, 100);
      expect([kit.sent(), gaps.length]).toEqual([['1: listen "a"', '3: listen "a"'], 1]);
      await other.release();
    });

    it('stays on it, and hears it, as long as there is no other', async () => {
      const server = { refuses: false };
      const kit = open({ onExecute: answersOf(server) });
      const gaps: Gap[] = [];
      const subscription = await kit.listen('a', { onGap: (gap) => void gaps.push(gap) });
      const [old] = kit.connections as [FakeConnection];
      server.refuses = true;
      kit.executor.pool.recycle((each) => each === old);
      await pass(kit, 5_000);
      old.listener?.('a', 'x', 1);
      expect([kit.heard, gaps.length]).toEqual([['a: x'], 0]);
      expect(kit.warnings.length).toBeGreaterThan(3);
      expect(kit.warnings.length).toBeLessThan(12);
      server.refuses = false;
      await pass(kit, 5_000);
      expect([kit.sent().at(-1), gaps.length]).toEqual(['1: select 1', 1]);
      expect(kit.executor.pool.stats()).toMatchObject({ leased: 1 });
      await subscription.close();
      await pass(kit, 100);
      expect(kit.executor.pool.stats()).toMatchObject({ leased: 0 });
      expect(kit.clock.pendingRefTimers).toBe(0);
    });

    it('leaves it also when it was to be replaced before it listened', async () => {
      const kit = open({ onExecute: () => {} });
      const listening = kit.listen('a');
      await settle();
      kit.executor.pool.recycle();
      await settle();
      kit.connections[0]?.last.succeed();
      await listening;
      await pass(kit, 100);
      expect(kit.sent()).toEqual(['1: listen "a"', '2: listen "a"']);
    });
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

  it.each(['close', 'drain'] as const)(
    'ends with the database (%s) at once: nobody is called, nothing is tried again',
    async (how) => {
      const kit = open();
      const subscription = await kit.listen('a');
      const began = kit.clock.now();
      await kit.executor[how](began + 10_000);
      expect([kit.clock.now(), kit.executor.pool.state]).toEqual([began, how === 'close' ? 'closed' : 'draining']);
      last(kit).listener?.('a', 'late', 1);
      await pass(kit, 1_000);
      await subscription.close();
      expect([kit.heard, kit.executor.pool.stats().total, kit.clock.pendingTimers]).toEqual([[], 0, 0]);
      await pass(kit, 60_000);
      expect([kit.warnings, kit.clock.pendingTimers]).toEqual([[], 0]);
      expect((await rejection(kit.listen('a'))).code).toBe('DB_CLOSING');
    },
  );
});
