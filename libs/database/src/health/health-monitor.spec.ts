// One database's verdict on a clock that stands still: cached, shared, bounded, and restless while in doubt.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { AcquireTimeoutError, ManualClock, type Lease, type PoolStats } from '@hydrogen/pool';
import { FakeConnection, lost } from '../../test-support/fake-connection.js';
import type { Connection } from '../connection/connection.js';
import { deferred } from '../connection/deferred.js';
import { databaseError } from '../errors/database.error.js';
import type { DatabaseExecutor } from '../executor/database-executor.js';
import { HealthMonitor } from './health-monitor.js';

const CACHE = 1000;
const TIMEOUT = 500;
const STATS: PoolStats = {
  max: 4,
  ceiling: 4,
  min: 0,
  total: 4,
  connecting: 0,
  idle: 1,
  leased: 0,
  standing: 0,
  resetting: 0,
  reserved: 0,
  closing: 0,
  waiting: 0,
  leaked: 0,
  reclaimed: 0,
};

/** An executor with one idle connection, or none, and pings that a test answers. */
class FakeExecutor {
  readonly connection = new FakeConnection();
  stats = STATS;
  idle = true;
  /** What `pool.acquire` answers when nothing is idle. */
  acquire: () => Promise<Lease<Connection>> = () => Promise.reject(new Error('not expected'));
  readonly acquires: { deadline: number }[] = [];
  released = 0;
  readonly discarded: string[] = [];

  get pings(): number {
    return this.connection.asked.filter(({ what }) => what === 'ping').length;
  }

  tryAcquire(): Lease<Connection> | undefined {
    return this.idle ? this.lease() : undefined;
  }

  lease(): Lease<Connection> {
    const lease = {
      resource: this.connection,
      release: () => Promise.resolve(void this.released++),
      discard: (reason: string) => Promise.resolve(void this.discarded.push(reason)),
    };
    return lease as unknown as Lease<Connection>;
  }

  readonly pool = {
    stats: () => this.stats,
    acquire: (options: { deadline: number }) => {
      this.acquires.push(options);
      return this.acquire();
    },
  };
}

let clock: ManualClock;
let executor: FakeExecutor;
let lines: string[];

beforeEach(() => {
  clock = new ManualClock(10_000);
  executor = new FakeExecutor();
  lines = [];
});

function monitor(options: { tolerant?: boolean; CacheMs?: number } = {}): HealthMonitor {
  return new HealthMonitor({
    name: 'Main',
    executor: executor as unknown as DatabaseExecutor,
    clock,
    settings: { TimeoutMs: TIMEOUT, CacheMs: options.CacheMs ?? CACHE, ShowDetails: false },
    tolerant: options.tolerant ?? false,
    log: { log: (line) => lines.push(line), warn: (line) => lines.push(line) },
  });
}

/** From now on pings fail, or are good. */
const serverIs = (up: boolean): void => {
  executor.connection.answer = up ? Promise.resolve() : Promise.reject(lost('reset by peer'));
  executor.connection.answer.catch(() => {});
};

describe('a probe', () => {
  it('pings an idle connection, within its time, and gives it back', async () => {
    expect(await monitor().check()).toEqual({ status: 'up', latencyMs: 0 });
    expect(executor.connection.asked).toMatchObject([{ what: 'ping', budgetMs: TIMEOUT }]);
    expect([executor.released, executor.discarded]).toEqual([1, []]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives up a connection that fails, with the reason', async () => {
    serverIs(false);
    expect(await monitor().check()).toEqual({ status: 'down', reason: 'reset by peer' });
    expect([executor.released, executor.discarded]).toEqual([0, ['broken']]);
  });

  it('ends at TimeoutMs when nothing is heard, and stops the ping', async () => {
    executor.connection.answer = new Promise(() => {});
    const check = monitor().check();
    await clock.advanceAsync(TIMEOUT - 1);
    expect(executor.connection.asked[0]?.signal.aborted).toBe(false);
    await clock.advanceAsync(1);
    expect(await check).toEqual({ status: 'down', reason: `no answer within ${TIMEOUT} ms` });
    expect(executor.connection.asked[0]?.signal.aborted).toBe(true);
    expect(executor.discarded).toEqual(['broken']);
  });

  it('opens a connection when none is there, on what is left of the same time', async () => {
    executor.idle = false;
    const late = deferred<Lease<Connection>>();
    executor.acquire = () => late.promise;
    const check = monitor().check();
    await clock.advanceAsync(200);
    late.resolve(executor.lease());
    expect(await check).toEqual({ status: 'up', latencyMs: 200 });
    expect(executor.acquires).toEqual([{ deadline: 10_000 + TIMEOUT, lane: 'health' }]);
    expect(executor.connection.asked).toMatchObject([{ budgetMs: TIMEOUT - 200 }]);
  });

  it('that cannot open one has failed, and the reason is what was in the way', async () => {
    executor.idle = false;
    const cause = databaseError({ code: 'DB_CONNECT_FAILED', message: 'ECONNREFUSED' });
    const details = { pool: 'Main', waitedMs: 500, step: 'connect' as const, stats: STATS, holders: [], cause };
    executor.acquire = () => Promise.reject(new AcquireTimeoutError(details));
    expect(await monitor().check()).toEqual({ status: 'down', reason: 'ECONNREFUSED' });
  });

  it('is spared where a call was answered within CacheMs, and only there', async () => {
    const health = monitor();
    health.answered();
    clock.advance(CACHE - 1);
    expect(await health.check()).toEqual({ status: 'up', latencyMs: undefined });
    expect(executor.pings).toBe(0);
    clock.advance(CACHE);
    await health.check();
    expect(executor.pings).toBe(1);
  });

  it('is not spared by evidence from before a connection broke', async () => {
    const health = monitor();
    health.answered();
    serverIs(false);
    health.suspect();
    await clock.settle();
    expect(executor.pings).toBe(1);
    // It has been up, so one failed probe is a blink.
    expect(health.status).toBe('degraded');
  });
});

describe('a saturated pool', () => {
  it.each([
    ['all are lent', { leased: 4 }],
    ['the rest is being cleaned', { leased: 3, resetting: 1 }],
    ['somebody waits', { leased: 1, waiting: 1 }],
  ])('is degraded, and is not asked for one more connection (%s)', async (_what, figures) => {
    executor.idle = false;
    executor.stats = { ...STATS, idle: 0, ...figures };
    const health = monitor();
    health.answered();
    await health.check();
    clock.advance(CACHE);
    expect(await health.check()).toEqual({ status: 'degraded', reason: 'every connection is in use' });
    expect(executor.acquires).toEqual([]);
  });

  it('does not make a server up that was down, nor count as a failure', async () => {
    const health = monitor();
    await health.check();
    executor.idle = false;
    executor.stats = { ...STATS, leased: 4 };
    for (let n = 0; n < 5; n++) {
      await clock.advanceAsync(CACHE);
      expect((await health.check()).status).toBe('degraded');
    }
    executor.idle = true;
    serverIs(false);
    for (const status of ['degraded', 'degraded', 'down']) {
      await clock.advanceAsync(CACHE);
      expect((await health.check()).status).toBe(status);
    }
    executor.idle = false;
    await clock.advanceAsync(CACHE);
    expect((await health.check()).status).toBe('down');
  });

  it('is looked at again by itself: its verdict does not outlive the rush', async () => {
    const health = monitor();
    await health.check();
    executor.idle = false;
    executor.stats = { ...STATS, leased: 4 };
    clock.advance(CACHE);
    await health.check();
    expect(health.status).toBe('degraded');
    executor.idle = true;
    executor.stats = STATS;
    await clock.advanceAsync(2 * CACHE);
    expect(health.status).toBe('up');
  });
});

describe('a verdict', () => {
  it('is given again within CacheMs, without a probe', async () => {
    const health = monitor();
    const first = await health.check();
    clock.advance(CACHE - 1);
    for (let n = 0; n < 1000; n++) expect(await health.check()).toBe(first);
    expect(executor.pings).toBe(1);
    clock.advance(1);
    await health.check();
    expect(executor.pings).toBe(2);
  });

  it('is never given again with CacheMs 0', async () => {
    const health = monitor({ CacheMs: 0 });
    await health.check();
    await health.check();
    expect(executor.pings).toBe(2);
  });

  it('is shared by all who ask before the first one is there', async () => {
    const answer = deferred<void>();
    executor.connection.answer = answer.promise;
    const health = monitor();
    const checks = Array.from({ length: 50 }, () => health.check());
    await clock.settle();
    answer.resolve();
    const verdicts = await Promise.all(checks);
    expect(new Set(verdicts).size).toBe(1);
    expect(executor.pings).toBe(1);
  });

  it('is the old one while a new probe is under way: nobody waits for a blackhole twice', async () => {
    const health = monitor();
    const first = await health.check();
    clock.advance(CACHE);
    executor.connection.answer = new Promise(() => {});
    const slow = health.check();
    await clock.settle();
    expect(await health.check()).toBe(first);
    await clock.advanceAsync(TIMEOUT);
    expect((await slow).status).toBe('degraded');
    expect((await health.check()).status).toBe('degraded');
    expect(executor.pings).toBe(2);
  });

  it('of a database that was never up is degraded where the service tolerates it', async () => {
    serverIs(false);
    const health = monitor({ tolerant: true });
    expect((await health.check()).status).toBe('degraded');
    serverIs(true);
    await clock.advanceAsync(3 * CACHE);
    expect(health.status).toBe('up');
    serverIs(false);
    for (let n = 0; n < 3; n++) {
      await clock.advanceAsync(CACHE);
      await health.check();
    }
    expect(health.status).toBe('down');
  });
});

describe('an outage', () => {
  it('found by suspicion goes on by itself: down at the third failure, up after two good probes, then rest', async () => {
    const health = monitor();
    await health.check();
    serverIs(false);
    health.suspect();
    await clock.settle();
    expect(health.status).toBe('degraded');
    await clock.advanceAsync(CACHE);
    expect(health.status).toBe('degraded');
    await clock.advanceAsync(CACHE);
    expect(health.status).toBe('down');
    await clock.advanceAsync(5 * CACHE);
    expect(executor.pings).toBe(1 + 3 + 5);
    serverIs(true);
    await clock.advanceAsync(CACHE);
    expect(health.status).toBe('down');
    await clock.advanceAsync(CACHE);
    expect(health.status).toBe('up');
    expect(clock.pendingTimers).toBe(0);
    await clock.advanceAsync(10 * CACHE);
    expect(executor.pings).toBe(1 + 3 + 5 + 2);
  });

  it('is written down once at each turn', async () => {
    const health = monitor();
    await health.check();
    serverIs(false);
    health.suspect();
    await clock.advanceAsync(10 * CACHE);
    serverIs(true);
    await clock.advanceAsync(3 * CACHE);
    expect(lines).toEqual(['Main: degraded (reset by peer)', 'Main: down (reset by peer)', 'Main: up again']);
  });

  it('makes down known within 4 s of the loss, with the defaults', async () => {
    const health = monitor();
    await health.check();
    executor.connection.answer = new Promise(() => {});
    health.suspect();
    await clock.advanceAsync(4000);
    expect(health.status).toBe('down');
  });

  it('is looked at with a pause, also with CacheMs 0', async () => {
    const health = monitor({ CacheMs: 0 });
    serverIs(false);
    await health.check();
    await clock.advanceAsync(1000);
    expect(executor.pings).toBe(11);
    health.close();
  });

  it('keeps no process alive', async () => {
    serverIs(false);
    const health = monitor();
    await health.check();
    expect(clock.pendingTimers).toBe(1);
    expect(clock.pendingRefTimers).toBe(0);
    health.close();
  });
});

describe('suspicion', () => {
  it('looks at once, however fresh the verdict, but not beside a probe under way', async () => {
    const health = monitor();
    await health.check();
    const answer = deferred<void>();
    executor.connection.answer = answer.promise;
    health.suspect();
    health.suspect();
    expect(executor.pings).toBe(2);
    answer.resolve();
    await clock.settle();
    expect(executor.pings).toBe(2);
  });
});

describe('close', () => {
  it('stops the timer, and nothing starts anew: no suspicion, no probe that was under way', async () => {
    serverIs(false);
    const health = monitor();
    await health.check();
    health.suspect();
    health.close();
    await clock.settle();
    expect(clock.pendingTimers).toBe(0);
    const before = executor.pings;
    health.suspect();
    await clock.advanceAsync(10 * CACHE);
    expect(executor.pings).toBe(before);
    health.close();
  });
});
