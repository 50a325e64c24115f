// A connect that takes too long while somebody waits: a second one beside it, once, within max; the slow one comes when it comes.
import { describe, expect, it } from '@jest/globals';
import { deferred, failure, makeKit, outcome, type Deferred, type Kit } from '../test/pool-kit.js';
import type { PoolOptions } from './pool-options.js';

interface GatedKit extends Kit {
  readonly gates: Deferred<void>[];
}

/** Every create waits at a gate of its own. */
function gatedKit(options: Partial<PoolOptions> = {}, answers?: () => number): GatedKit {
  const kit = makeKit({ max: 10, ...options }, undefined, answers);
  const gates: Deferred<void>[] = [];
  kit.manager.onCreate = ({ signal }) => {
    const gate = deferred();
    signal.addEventListener('abort', () => gate.reject(signal.reason));
    gates.push(gate);
    return gate.promise;
  };
  return { ...kit, gates };
}

/** Something has come through once, and is closed again: the pool begins a few at a time. */
async function reached({ acquire, clock, manager, pool }: Kit): Promise<void> {
  const gated = manager.onCreate;
  manager.onCreate = async () => undefined;
  await (await acquire()).release();
  pool.evictIdle();
  await clock.settle();
  manager.onCreate = gated;
}

describe('a slow connect', () => {
  it('is hedged once after half a second, and the winner serves', async () => {
    const { acquire, clock, gates, pool } = gatedKit();
    const waiting = acquire();
    await clock.advanceAsync(499);
    expect(gates).toHaveLength(1);
    await clock.advanceAsync(1);
    expect(gates).toHaveLength(2);
    await clock.advanceAsync(199);
    expect(gates).toHaveLength(2);
    gates[1]?.resolve();
    const lease = await waiting;
    expect(lease.waitedMs).toBe(699);
    expect(pool.stats()).toMatchObject({ leased: 1, connecting: 1, total: 2 });
  });

  it('that arrives after its hedge goes to the pool', async () => {
    const { acquire, clock, gates, pool } = gatedKit();
    const waiting = acquire();
    await clock.advanceAsync(500);
    gates[1]?.resolve();
    await (await waiting).release();
    gates[0]?.resolve();
    await clock.settle();
    expect(pool.stats()).toMatchObject({ idle: 2, total: 2 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('and its hedge serve two, if two wait by then', async () => {
    const { acquire, clock, gates } = gatedKit();
    const first = acquire();
    await clock.advanceAsync(500);
    const second = acquire();
    await clock.settle();
    for (const gate of gates) gate.resolve();
    expect(await Promise.all([outcome(first, clock), outcome(second, clock)])).toEqual(['fulfilled', 'fulfilled']);
  });

  it('is not hedged above max', async () => {
    const { acquire, clock, gates, pool } = gatedKit({ max: 1 });
    const waiting = acquire();
    await clock.advanceAsync(3000);
    expect(gates).toHaveLength(1);
    expect(pool.stats().total).toBe(1);
    gates[0]?.resolve();
    await waiting;
  });

  it('is hedged when there is room at last', async () => {
    const { acquire, clock, gates, pool } = gatedKit({ max: 1 });
    const waiting = acquire();
    await clock.advanceAsync(1000);
    pool.resize({ max: 2 });
    await clock.settle();
    expect(gates).toHaveLength(2);
    gates[1]?.resolve();
    await waiting;
  });

  it('is not hedged when nobody waits for it', async () => {
    const { clock, gates } = gatedKit({ min: 1 });
    await clock.advanceAsync(3000);
    expect(gates).toHaveLength(1);
    expect(clock.pendingRefTimers).toBe(1); // its own timeout
  });

  it('does not use up the share of connects in flight, and does not multiply it', async () => {
    const { acquire, clock, gates, manager } = gatedKit({ max: 20, connectConcurrency: 2 });
    const kept = manager.onCreate;
    manager.onCreate = async () => undefined;
    await (await acquire()).release();
    manager.onCreate = kept;
    const waiting = Array.from({ length: 10 }, () => acquire({}, 100_000));
    await clock.settle();
    expect(gates).toHaveLength(2);
    await clock.advanceAsync(699);
    expect(gates).toHaveLength(4);
    for (let n = 0; n < 10; n++) {
      gates[n]?.resolve();
      await clock.settle();
    }
    await clock.settle();
    await Promise.race([Promise.all(waiting), failure(Promise.reject(new Error('somebody still waits')))]).catch(
      () => 0,
    );
  });

  it('is never hedged with hedgeAfterMs 0', async () => {
    const { acquire, clock, gates } = gatedKit({ hedgeAfterMs: 0 });
    const waiting = acquire();
    await clock.advanceAsync(3000);
    expect(gates).toHaveLength(1);
    gates[0]?.resolve();
    await waiting;
  });

  it('is not asked twice of a far side that refuses logins', async () => {
    const { acquire, clock, gates, manager } = gatedKit();
    manager.classify = () => 'refused';
    const first = failure(acquire());
    await clock.settle();
    gates[0]?.reject(new Error('wrong password'));
    await first;
    await clock.advanceAsync(5000);
    const waiting = acquire();
    await clock.advanceAsync(3000);
    expect(gates).toHaveLength(2);
    gates[1]?.resolve();
    await waiting;
  });
});

describe('attempts that all hang', () => {
  it('leave the newest to a fresh one, so that a far side that is back is noticed at once', async () => {
    const { acquire, clock, gates, pool } = gatedKit({ max: 2 });
    const waiting = acquire({}, 60_000);
    const other = acquire({}, 60_000);
    await clock.advanceAsync(3000);
    expect(gates.length).toBeGreaterThanOrEqual(6);
    expect(pool.stats().total).toBeLessThanOrEqual(2);
    const { length } = gates;
    await clock.advanceAsync(750);
    expect(gates.length).toBeGreaterThan(length);
    gates.at(-1)?.resolve();
    await clock.settle();
    expect(await outcome(waiting, clock)).toBe('fulfilled');
    expect(await outcome(other, clock)).toBe('pending');
  });

  it('leave one its whole time: a far side that is only slow is reached', async () => {
    const { acquire, clock, manager } = makeKit({ max: 2 });
    manager.onCreate = () => new Promise((resolve) => clock.setTimer(900, () => resolve()));
    const waiting = [acquire({}, 60_000), acquire({}, 60_000)];
    await clock.advanceAsync(1000);
    expect(await outcome(waiting[0]!, clock)).toBe('fulfilled');
    await (await waiting[0]!).release();
    expect(await outcome(waiting[1]!, clock)).toBe('fulfilled');
  });

  it('is asked anew every 200 ms once it has been silent for long, and every 500 ms while it answers others', async () => {
    const { acquire, clock, gates, manager, pool } = gatedKit({ max: 4, connectConcurrency: 2 });
    const kept = manager.onCreate;
    manager.onCreate = async () => undefined;
    const [live, held] = await Promise.all([acquire(), acquire()]);
    manager.onCreate = kept;
    const waiting = [acquire({}, 60_000), acquire({}, 60_000)];
    await clock.advanceAsync(499);
    expect(gates).toHaveLength(2);
    for (const count of [3, 4]) {
      await clock.advanceAsync(count === 3 ? 1 : 200);
      expect(gates).toHaveLength(count);
    }
    await live!.release();
    expect(await outcome(waiting[0]!, clock)).toBe('fulfilled');
    await clock.advanceAsync(499);
    expect(gates).toHaveLength(4);
    await clock.advanceAsync(1);
    expect(gates).toHaveLength(5);
    expect(pool.stats().total).toBeLessThanOrEqual(4);
    gates.at(-1)?.resolve();
    await waiting[1];
    await held!.release();
  });

  it.each([300, 600, 2500])('are not all there is to a far side whose connects take %d ms', async (ms) => {
    const { acquire, clock, manager, pool } = makeKit({ max: 10 });
    let [made, most] = [0, 0];
    manager.onCreate = ({ signal }) => {
      most = Math.max(most, pool.stats().connecting);
      return new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        if (made++ > 0) clock.setTimer(ms, () => resolve());
      });
    };
    const waiting = acquire({}, 5000);
    await clock.advanceAsync(4999);
    expect(await outcome(waiting, clock)).toBe('fulfilled');
    expect(most).toBe(2);
    expect(made).toBeLessThanOrEqual(2 + (ms + 900) / 200);
  });

  it.each([300, 600])('and have done so for seconds are followed by such as take %d ms, soon', async (ms) => {
    const { acquire, clock, manager, pool } = makeKit({ max: 5 });
    await (await acquire()).release();
    pool.evictIdle();
    await clock.settle();
    let healed = false;
    manager.onCreate = ({ signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        if (healed) clock.setTimer(ms, () => resolve());
      });
    const waiting = Array.from({ length: 20 }, () => acquire({}, 60_000));
    await clock.advanceAsync(3000);
    healed = true;
    await clock.advanceAsync(1000 + ms);
    expect(await outcome(waiting[0]!, clock)).toBe('fulfilled');
  });

  it('are not waited for by one who comes when all who began them have left', async () => {
    const kit = gatedKit({ max: 5 });
    const { acquire, clock, gates, manager } = kit;
    await reached(kit);
    const left = Array.from({ length: 10 }, () => failure(acquire({}, 900)));
    await clock.advanceAsync(2000);
    await Promise.all(left);
    const { length } = gates;
    manager.onCreate = async () => undefined;
    const waiting = acquire({}, 250);
    await clock.advanceAsync(250);
    expect(await outcome(waiting, clock)).toBe('fulfilled');
    expect(length).toBeLessThanOrEqual(8);
  });

  it('go one after the other when one of them has come through, but for the last', async () => {
    const kit = gatedKit({ max: 4 });
    const { acquire, clock, gates, manager, pool } = kit;
    await reached(kit);
    const waiting = Array.from({ length: 4 }, () => acquire({}, 60_000));
    await clock.advanceAsync(1000);
    manager.onCreate = async () => undefined;
    await clock.advanceAsync(1500);
    expect(pool.stats()).toMatchObject({ leased: 3, connecting: 1 });
    for (const gate of gates) gate.resolve();
    await Promise.all(waiting);
  });

  it('are not asked more often while the far side answers borrowers, though nothing comes back to the pool', async () => {
    let answers = 0;
    const { acquire, clock, gates } = gatedKit({ max: 2 }, () => answers);
    const waiting = [acquire({}, 60_000), acquire({}, 60_000)];
    for (const count of [1, 2, 2, 3, 3, 4]) {
      answers++;
      await clock.advanceAsync(250);
      expect(gates).toHaveLength(count);
    }
    for (const gate of gates) gate.resolve();
    await Promise.all(waiting);
  });

  it('alone is left alone: a pool of one has nothing to spare', async () => {
    const { acquire, clock, gates } = gatedKit({ max: 1 });
    const waiting = acquire({}, 60_000);
    await clock.advanceAsync(3000);
    expect(gates).toHaveLength(1);
    gates[0]?.resolve();
    await waiting;
  });
});
