// Connections that died by themselves, in the log: the first, then each tenth, then by the minute, until a minute was quiet.
// A server that goes down takes all of them, and one line says it.
import type { Clock } from '@hydrogen/pool';
import { encodeCause } from '../errors/error.codec.js';
import { codeOf } from './code-of.js';
import { RateLimit } from './rate-limit.js';
import type { ReportLog } from './report-log.js';

/** After so long without a loss the next one is news again. */
const QUIET_MS = 60_000;

export class LossReports {
  #limit = new RateLimit();
  #lastAt = -Infinity;

  constructor(
    private readonly database: string,
    private readonly clock: Clock,
    private readonly log: ReportLog,
  ) {}

  lost(error: Error, pid: number): void {
    const now = this.clock.now();
    if (now - this.#lastAt >= QUIET_MS) this.#limit = new RateLimit();
    this.#lastAt = now;
    if (!this.#limit.admits(now)) return;
    const { count } = this.#limit;
    const which = `session ${pid}, ${codeOf(error)}${count > 1 ? `, ${count} of late` : ''}`;
    // The message of an error of ours begins with the database's name.
    const said = encodeCause(error).message.replace(`${this.database}: `, '');
    this.log.warn(`${this.database}: lost a connection: ${said} (${which})`);
  }
}
