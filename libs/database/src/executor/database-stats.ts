// What a database's executor tells of itself: plain data for reports. It changes nothing.
import type { SettledCounts } from './transaction/commit-settler.js';
import type { PoolStats } from '@hydrogen/pool';
import { shownText } from '../observe/shown-text.js';
import type { PipelineStats } from './pipelines.js';
import type { StatementProfiles, Way } from './statement-profile.js';
import type { TransactionFigures } from './transaction-watch.js';

/** What was learned and what is shared, besides the pool's own figures. */
export interface DatabaseStats {
  readonly pool: PoolStats;
  readonly transactions: TransactionFigures;
  readonly pipelines: readonly PipelineStats[];
  /** Those that took the most time altogether. Texts without parameters, cut at 120 characters. */
  readonly statements: readonly StatementStats[];
  /** Statements whose connection was lost: run again, and not because too many were (the retry budget). Since the start. */
  readonly retries: { readonly granted: number; readonly refused: number };
  /** Transactions whose COMMIT was sent and not answered: what became of them. Since the start. */
  readonly settled: Readonly<SettledCounts>;
}

export interface StatementStats {
  readonly text: string;
  /** Runs that were measured. */
  readonly seen: number;
  readonly meanMs: number;
  readonly meanBytes: number;
  /** What it would take now. */
  readonly way: Way;
}

/** How many are told of. */
const SHOWN = 20;

export function statementStats(profiles: StatementProfiles): StatementStats[] {
  return profiles.top(SHOWN).map(({ text, seen, meanMs, meanBytes, way }) => {
    return { text: shownText(text), seen, meanMs, meanBytes, way: way ?? 'lease' };
  });
}
