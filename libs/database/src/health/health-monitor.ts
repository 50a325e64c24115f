// Keeps one database's verdict. Passive first: a call that was answered a moment ago is proof enough. Else a ping on an
// idle connection; a saturated pool is degraded, not down, and is never asked for one more connection. Probes are bounded
// by TimeoutMs, shared by all who ask, and go on by themselves while the verdict is in doubt.
import type { HealthSettings } from '@hydrogen/config';
import type { Clock, Lease, Timer } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import { DatabaseError } from '../errors/database.error.js';
import { encodeCause } from '../errors/error.codec.js';
import type { DatabaseExecutor } from '../executor/database-executor.js';
import { HealthTracker, type HealthStatus } from './health-tracker.js';

export interface HealthVerdict {
  readonly status: HealthStatus;
  /** Why it is not up; names a host at times, so it is shown only where details are. */
  readonly reason?: string;
  readonly latencyMs?: number;
}

export interface HealthMonitorOptions {
  readonly name: string;
  readonly executor: DatabaseExecutor;
  readonly clock: Clock;
  readonly settings: HealthSettings;
  /** A database that has never been up is degraded instead of down. */
  readonly tolerant: boolean;
  readonly log: { log(message: string): void; warn(message: string): void };
}

type Probe =
  | { readonly outcome: 'good'; readonly latencyMs?: number }
  | { readonly outcome: 'failed' | 'saturated'; readonly reason: string };

/** Between probes that go on by themselves, where CacheMs is shorter or off. */
const SHORTEST_INTERVAL_MS = 100;

export class HealthMonitor {
  readonly #options: HealthMonitorOptions;
  readonly #tracker = new HealthTracker();
  #verdict: HealthVerdict | undefined;
  #verdictAt = -Infinity;
  #answeredAt = -Infinity;
  #probedAt = -Infinity;
  #probing: Promise<HealthVerdict> | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: HealthMonitorOptions) {
    this.#options = options;
  }

  /** The last verdict; undefined before the first. */
  get status(): HealthStatus | undefined {
    return this.#verdict?.status;
  }

  /** A call was answered by the server just now. */
  answered(): void {
    this.#answeredAt = this.#options.clock.now();
    this.#tracker.hasBeenUp = true;
  }

  /** A connection broke: look, without waiting for somebody to ask. */
  suspect(): void {
    this.#answeredAt = -Infinity;
    if (!this.#closed && !this.#probing) void this.#probe();
  }

  /** At most TimeoutMs; at once when a verdict is fresh, or a probe is already under way and an older verdict is known. */
  async check(): Promise<HealthVerdict> {
    const { clock, settings } = this.#options;
    if (this.#verdict && clock.now() - this.#verdictAt < settings.CacheMs) return this.#verdict;
    if (this.#probing && this.#verdict) return this.#verdict;
    return this.#probe();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #probe(): Promise<HealthVerdict> {
    this.#timer?.cancel();
    this.#probedAt = this.#probing ? this.#probedAt : this.#options.clock.now();
    return (this.#probing ??= this.#look()
      .then((probe) => this.#conclude(probe))
      .finally(() => {
        this.#probing = undefined;
        this.#lookAgain();
      }));
  }

  async #look(): Promise<Probe> {
    const { executor, clock, settings } = this.#options;
    if (clock.now() - this.#answeredAt < settings.CacheMs) return { outcome: 'good' };
    const startedAt = clock.now();
    try {
      const lease = executor.tryAcquire() ?? (await this.#acquireUnlessSaturated(startedAt + settings.TimeoutMs));
      if (!lease) return { outcome: 'saturated', reason: 'every connection is in use' };
      await ping(lease, clock, startedAt + settings.TimeoutMs);
      return { outcome: 'good', latencyMs: Math.round((clock.now() - startedAt) * 10) / 10 };
    } catch (error) {
      return { outcome: 'failed', reason: reasonOf(error) };
    }
  }

  async #acquireUnlessSaturated(deadline: number): Promise<Lease<Connection> | undefined> {
    const { pool } = this.#options.executor;
    if (pool.state === 'paused') return undefined;
    const { leased, standing, resetting, max, waiting } = pool.stats();
    // Those in shared use are given up for whoever asks.
    const busy = leased - standing + resetting;
    // Callers also wait when nothing can be opened: that is no rush, and the probe waits with them until its time is over.
    return busy >= max || (waiting > 0 && busy > 0) ? undefined : pool.acquire({ deadline, lane: 'health' });
  }

  #conclude(probe: Probe): HealthVerdict {
    const before = this.#verdict?.status;
    this.#verdict = this.#verdictOf(probe);
    this.#verdictAt = this.#options.clock.now();
    const { status, reason } = this.#verdict;
    const { name, log } = this.#options;
    if (before !== undefined && before !== status) {
      if (status === 'up') log.log(`${name}: up again`);
      else log.warn(`${name}: ${status}${reason ? ` (${reason})` : ''}`);
    }
    return this.#verdict;
  }

  #verdictOf(probe: Probe): HealthVerdict {
    if (probe.outcome === 'good') return { status: this.#tracker.good(), latencyMs: probe.latencyMs };
    const { reason } = probe;
    // Saturation says nothing about the server: it neither proves nor disproves, and a server that is down stays down.
    if (probe.outcome === 'saturated') return { status: this.#tracker.status === 'down' ? 'down' : 'degraded', reason };
    const status = this.#tracker.failed();
    const tolerated = this.#options.tolerant && !this.#tracker.hasBeenUp;
    return { status: tolerated ? 'degraded' : status, reason };
  }

  #lookAgain(): void {
    if (this.#closed || this.#verdict?.status === 'up') return;
    const { clock, settings } = this.#options;
    // From start to start: a probe that took all of its time must not delay the verdict any further.
    const wait = this.#probedAt + Math.max(SHORTEST_INTERVAL_MS, settings.CacheMs) - clock.now();
    this.#timer = clock.setTimer(Math.max(0, wait), () => void this.#probe(), { unref: true });
  }
}

async function ping(lease: Lease<Connection>, clock: Clock, deadline: number): Promise<void> {
  const budgetMs = Math.max(1, deadline - clock.now());
  const late = new AbortController();
  const timer = clock.setTimer(budgetMs, () => late.abort());
  const timeout = new Promise<never>((_resolve, reject) =>
    late.signal.addEventListener('abort', () => reject(new Error(`no answer within ${Math.round(budgetMs)} ms`))),
  );
  try {
    await Promise.race([lease.resource.ping({ budgetMs, signal: late.signal }), timeout]);
    await lease.release();
  } catch (error) {
    void lease.discard('broken');
    throw error;
  } finally {
    timer.cancel();
  }
}

function reasonOf(error: unknown): string {
  const root = error instanceof Error && error.cause instanceof DatabaseError ? error.cause : error;
  return encodeCause(root).message;
}
