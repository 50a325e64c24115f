// What a call is made of: the statement with its time, how it is sent, and what is known of it. Data only.
import type { Lane } from '../query/query-options.js';
import type { Statement } from '../query/statement.js';
import type { Budget } from './budget.js';
import type { SendOptions } from './run-options.js';
import type { StatementProfile } from './statement-profile.js';

export interface CallOptions {
  readonly statement: Statement;
  readonly budget: Budget;
  readonly send: SendOptions;
  /** See FailureFacts. */
  readonly harmless: boolean;
  /** Done twice it is as good as done once: it may be run again when its answer was lost. Default false. */
  readonly idempotent?: boolean;
  /** What the server was told, milliseconds; 0 = no limit. */
  readonly statementTimeoutMs: number;
  /** Inside a transaction, and by its words it may write there: what becomes of COMMIT matters. Default false. */
  readonly writes?: boolean;
  /** Inside a transaction: what the server's statement_timeout must be for it. */
  readonly transactionTimeoutMs?: number | undefined;
  /** The prelude only lengthens the statement's time: where it is in the way (25001), it may go. */
  readonly preludeMayGo?: boolean | undefined;
  readonly profile?: StatementProfile | undefined;
  /** As its caller said. */
  readonly lane?: Lane | undefined;
}
