// Terminus indicators over the monitors' verdicts. Use it in a health controller of your own, or take HealthModule.
import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { DatabaseManager } from '../database-manager.js';

@Injectable()
export class DatabaseHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly manager: DatabaseManager,
  ) {}

  /** Names of the databases that are checked: all that are enabled. */
  names(): readonly string[] {
    return this.manager.runtimes().map(({ name }) => name);
  }

  /** up, degraded or down, within Health.TimeoutMs. Details only with Health.ShowDetails. @throws DB_UNKNOWN */
  async check(name: string): Promise<HealthIndicatorResult> {
    const runtime = this.manager.runtime(name);
    const { status, reason, latencyMs } = await runtime.health.check();
    const session = this.indicators.check(runtime.name);
    const say = (details?: Record<string, unknown>): HealthIndicatorResult => {
      switch (status) {
        case 'up':
          return session.up(details);
        case 'degraded':
          return session.degraded(details);
        case 'down':
          return session.down(details);
        default:
          return status satisfies never;
      }
    };
    if (!this.manager.settings.Health.ShowDetails) return say();
    const { leased, idle, max, waiting } = runtime.executor.pool.stats();
    const at = runtime.hosts.where();
    return say({
      ...(reason ? { reason } : {}),
      ...(latencyMs ? { latencyMs } : {}),
      ...(at.length > 0 ? { at } : {}),
      leased,
      idle,
      max,
      waiting,
    });
  }

  /** The worker threads: degraded while one keeps dying. */
  workers(): HealthIndicatorResult {
    const session = this.indicators.check('worker-threads');
    const quarantined = this.manager.workerStats().filter((worker) => worker.quarantined);
    return quarantined.length > 0 ? session.degraded({ quarantined: quarantined.length }) : session.up();
  }
}
