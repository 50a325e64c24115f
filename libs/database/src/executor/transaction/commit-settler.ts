// Asks the server what became of a transaction whose COMMIT was sent and not answered. The answer counts only from the same
// server and the same history; as long as the old session may still be at work, it is asked again.
import type { Timer } from '@hydrogen/pool';
import { compileQuery } from '../../query/compile-query.js';
import type { QueryResult } from '../../query/query-result.js';
import type { Statement } from '../../query/statement.js';
import type { Budget } from '../budget.js';
import type { CallContext } from '../call-context.js';
import type { RunOptions } from '../run-options.js';
import { IDENTITY, type CommitEvidence } from './commit-witness.js';

/** unknown: too old, another server or history, or nobody answered in time. */
export type CommitOutcome = 'committed' | 'aborted' | 'unknown';

/** Between two questions, milliseconds: doubled from the first to the longest. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;

export interface SettlerPort {
  readonly context: CallContext;
  run(statement: Statement, options: RunOptions): Promise<QueryResult>;
}

export interface SettledCounts {
  committed: number;
  aborted: number;
  unknown: number;
}

export class CommitSettler {
  readonly counts: SettledCounts = { committed: 0, aborted: 0, unknown: 0 };

  constructor(private readonly port: SettlerPort) {}

  /** Never rejects. */
  async settle(evidence: CommitEvidence | undefined, budget: Budget): Promise<CommitOutcome> {
    const outcome = evidence === undefined ? 'unknown' : await this.#ask(evidence, budget);
    this.counts[outcome]++;
    return outcome;
  }

  async #ask(evidence: CommitEvidence, budget: Budget): Promise<CommitOutcome> {
    const { clock } = this.port.context;
    // Whoever leaves is not kept until the deadline. Joined here, where it is rare: a long-lived signal remembers it.
    const signal = budget.signals.length === 0 ? undefined : AbortSignal.any([...budget.signals]);
    for (let pause = FIRST_PAUSE_MS; !budget.over; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
      const outcome = await this.#once(evidence, budget.deadline - clock.now(), signal);
      if (outcome !== undefined) return outcome;
      await new Promise<void>((resolve) => {
        const timer: Timer = clock.setTimer(Math.min(pause, Math.max(0, budget.deadline - clock.now())), resolve);
        void timer;
      });
    }
    return 'unknown';
  }

  /** Undefined: not yet. */
  async #once(
    { xid, identity }: CommitEvidence,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<CommitOutcome | undefined> {
    const statement = compileQuery(`select pg_catalog.pg_xact_status($1::text::xid8) as status, ${IDENTITY}`, [xid]);
    try {
      const limits = { timeoutMs: Math.max(1, timeoutMs), ...(signal === undefined ? {} : { signal }) };
      const { rows } = await this.port.run(statement, { ...limits, readOnly: true });
      const { status, system, timeline, epoch } = rows[0] ?? {};
      if (system !== identity.system || timeline !== identity.timeline) return 'unknown';
      if (status === 'in progress') return undefined;
      // After a crash the id may have been given out again; not, if the first to have it was committed for good.
      if (status === 'committed' && (epoch ?? '') !== identity.epoch) return 'unknown';
      return status === 'committed' || status === 'aborted' ? status : 'unknown';
    } catch (error) {
      const { sqlState, code } = error as { sqlState?: unknown; code?: unknown };
      // 22023: an id of the future, so not this history. Closing: nobody can ask any more. Everything else may be better in a
      // moment, while there is time.
      return sqlState === '22023' || code === 'DB_CLOSING' || code === 'DB_CLOSED' ? 'unknown' : undefined;
    }
  }
}
