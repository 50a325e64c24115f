// Failed connects in the log: a series is told at its begin, now and then, and at its end. Attempts come several a second
// while anyone waits, and a log that is full of one fault hides the others.
import type { Clock } from '@hydrogen/pool';
import { DatabaseError } from '../errors/database.error.js';
import { encodeCause } from '../errors/error.codec.js';
import { codeOf } from './code-of.js';
import type { ReportLog } from './report-log.js';
import { RateLimit } from './rate-limit.js';

export interface ConnectReportsOptions {
  readonly database: string;
  /** `host:port`, for failures that do not name it. */
  readonly target: string;
  readonly clock: Clock;
  readonly log: ReportLog;
}

export class ConnectReports {
  readonly #options: ConnectReportsOptions;
  #series: { readonly since: number; readonly limit: RateLimit } | undefined;

  #full = false;

  constructor(options: ConnectReportsOptions) {
    this.#options = options;
  }

  failed(error: unknown, attempt: number, nextMs: number): void {
    const { clock, log } = this.#options;
    const now = clock.now();
    this.#series ??= { since: now, limit: new RateLimit() };
    if (!this.#series.limit.admits(now)) return;
    log.warn(
      `${this.#say(error)} (${codeOf(error)}, attempt ${attempt}, next attempt in ${Math.round(nextMs)} ms or later)`,
    );
  }

  succeeded(): void {
    if (this.#series === undefined) return;
    const { database, clock, log } = this.#options;
    const { since, limit } = this.#series;
    this.#series = undefined;
    const seconds = ((clock.now() - since) / 1000).toFixed(1);
    log.log(`${database}: connected again after ${seconds} s, ${limit.count} failed attempts`);
  }

  /** The server has no free slot. Said once while the room is less than MaxConnections; attempts come every now and then. */
  ceilingMoved(ceiling: number, max: number): void {
    const { database, target, log } = this.#options;
    if (ceiling === max) {
      if (this.#full) log.log(`${database}: ${target} has room for all ${max} connections again`);
      this.#full = false;
    } else if (!this.#full) {
      this.#full = true;
      log.warn(
        `${database}: ${target} has room for ${ceiling} connections (MaxConnections ${max}); calls wait for one of those`,
      );
    }
  }

  #say(error: unknown): string {
    const { database, target } = this.#options;
    const { message } = encodeCause(error);
    return error instanceof DatabaseError ? message : `${database}: ${target}: ${message}`;
  }
}
