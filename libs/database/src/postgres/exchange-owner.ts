// What a flight needs of the session that it travels on.
import type { SessionStatus } from '@hydrogen/wire';
import type { CancelReason } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { Session } from './statement-part.js';

/** @template E the flights it carries */
export interface ExchangeOwner<E> extends Session {
  readonly database: string;
  /** False while more has been written than the socket has taken. */
  readonly writable: boolean;
  /** What was written leaves with the rest of this tick. */
  flushSoon(): void;
  /** What was written leaves now. */
  flush(): void;
  pause(): void;
  resume(): void;
  whenWritable(fn: () => void): void;
  cancel(exchange: E, reason: CancelReason): Promise<void>;
  /** What the server sent cannot be read: the connection is of no more use. */
  broken(error: unknown): DatabaseError;
  /** ReadyForQuery came for it. */
  ready(exchange: E, status: SessionStatus): void;
}
