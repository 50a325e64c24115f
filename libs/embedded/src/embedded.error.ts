// The one error of this library: a stable code to match on and a message that says what to do next.
// It must never carry a password.

/** Why an embedded server could not do what was asked. */
export type EmbeddedErrorCode =
  /** No PostgreSQL for this system (musl, an unknown processor) or the package of its binaries isn't installed. */
  | 'EMBEDDED_UNSUPPORTED'
  /** The fixed port is held by another program, or by another process' server of the same folder. */
  | 'EMBEDDED_PORT_BUSY'
  /** No folder was found that the server's system user can reach, or the data belong to somebody else. */
  | 'EMBEDDED_FOLDER'
  /** initdb failed. */
  | 'EMBEDDED_INIT_FAILED'
  /** postgres ended before it was ready, or wasn't ready in time. */
  | 'EMBEDDED_START_FAILED'
  /** The server didn't end in time, not even when killed. */
  | 'EMBEDDED_STOP_FAILED';

/** Raised by everything in `@hydrogen/embedded`. Match on `code`. */
export class EmbeddedServerError extends Error {
  override readonly name = 'EmbeddedServerError';

  constructor(
    readonly code: EmbeddedErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
