// What a listener says and is told. Plain contracts; the work is done by ListenHub.
import { databaseError } from '../errors/database.error.js';
import type { QueryOptions } from '../query/query-options.js';

/** One NOTIFY. */
export interface Notification {
  readonly channel: string;
  /** Empty where none was given. */
  readonly payload: string;
  /** The session that sent it. */
  readonly processId: number;
}

/** May be async; what it throws is logged as a warning. Notifications do not wait for it. */
export type NotificationHandler = (payload: string, notification: Notification) => void | Promise<void>;

/** Notifications may have been missed: the connection was lost, or its server left by all, and there is another. */
export interface Gap {
  /**
   * The last moment at which the old connection is known to have been alive. Of one that was left alive: when it was opened, for
   * nobody can say since when its server has not been the right one any more.
   */
  readonly since: Date;
  readonly reason: Error;
}

export interface ListenOptions extends Pick<QueryOptions, 'timeoutMs' | 'signal'> {
  /** Called when it listens again after a loss, or elsewhere after a move: the place to read anew what the notifications tell of. */
  readonly onGap?: (gap: Gap) => void | Promise<void>;
}

export interface Subscription extends AsyncDisposable {
  readonly channel: string;
  /** The handler is not called any more. Settles when the server has been told. Idempotent, never rejects. */
  close(): Promise<void>;
}

/** One byte less than NAMEDATALEN: the server would cut a longer name, and the notifications' would be another. */
const LONGEST_NAME = 63;

/** @throws DB_PARAMETERS for a name that no channel can have */
export function checkChannel(channel: string): void {
  const bytes = typeof channel === 'string' ? Buffer.byteLength(channel) : 0;
  if (bytes > 0 && bytes <= LONGEST_NAME && !channel.includes('\0') && channel.isWellFormed()) return;
  const message = `a channel's name must be text of 1 to ${LONGEST_NAME} bytes without NUL`;
  throw databaseError({ code: 'DB_PARAMETERS', message });
}
