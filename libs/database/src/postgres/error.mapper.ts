// The server's, pg's, the socket's and TLS's errors become DatabaseErrors here, once. Nothing with a parameter or a row's value passes
// into a message: PostgreSQL quotes the offending value in class 22, so quoted text of that class is blanked.
import { WireError, type ServerMessage } from '@hydrogen/wire';
import { encodeCause } from '../errors/error.codec.js';
import { DatabaseError, databaseError } from '../errors/database.error.js';
import { ERROR_CODES, type DatabaseErrorCode } from '../errors/error-code.js';
import type { CauseData, ErrorData } from '../errors/error-data.js';
import { codeOfSqlState, connectCodeOfSqlState } from '../errors/sqlstate.js';

/** The server's errors have a severity and a five-character code, also as pg gives them; a socket's code is longer. */
function isServerMessage(error: unknown): error is ServerMessage {
  return (
    typeof error === 'object' &&
    error !== null &&
    'severity' in error &&
    /^[0-9A-Z]{5}$/.test(String((error as { code?: unknown }).code))
  );
}

/** Not in the language of lc_messages: the server says it twice. */
const isFatal = ({ severity }: ServerMessage): boolean => severity === 'FATAL' || severity === 'PANIC';

export interface ExecuteFailure {
  readonly database: string;
  /** The statement had been written, and its answer is not whole. */
  readonly inDoubt: boolean;
  /** ReadyForQuery came: whatever the error says (a function may raise 08xxx), this session lives. */
  readonly alive: boolean;
  /** What the statement was given: the server repeats such values in its messages, we do not. */
  readonly parameters?: readonly (string | Uint8Array | null)[];
}

/** Of a running session. */
export function executeError(error: unknown, failure: ExecuteFailure): DatabaseError {
  const { database, inDoubt, alive, parameters = [] } = failure;
  if (error instanceof DatabaseError) return error;
  if (isServerMessage(error)) {
    const said = codeOfSqlState(error.code);
    const ofConnection = ERROR_CODES[said].family === 'connection' && said !== 'DB_PROTOCOL';
    // What ends a session is no statement's error, whatever its class: 53100 and 58030 of a PANIC, 08P01 of a pooler whose server
    // has died, and with them the answer to what was sent.
    const code = alive ? (ofConnection ? 'DB_QUERY' : said) : isFatal(error) ? 'DB_CONNECTION_LOST' : said;
    return databaseError({
      ...serverFields(error, code === 'DB_DATA' ? maskQuoted : (message) => maskParameters(message, parameters)),
      code,
      database,
      // A session that ends before ReadyForQuery may have committed: the answer is what was lost.
      ...(code === 'DB_CONNECTION_LOST' ? { inDoubt } : {}),
    });
  }
  return connectionLost(database, inDoubt, error);
}

export function connectionLost(database: string, inDoubt: boolean, reason: unknown): DatabaseError {
  const cause = encodeCause(reason);
  return databaseError({
    code: 'DB_CONNECTION_LOST',
    message: `${database}: connection lost (${cause.message})`,
    database,
    inDoubt,
    cause,
  });
}

/** What came over the wire is none of the protocol's, or not where it may be. */
export function protocolBroken(database: string, inDoubt: boolean, reason: unknown): DatabaseError {
  const cause = encodeCause(reason);
  const message = `${database}: the server broke the protocol (${cause.message}); the connection was discarded`;
  return databaseError({ code: 'DB_PROTOCOL', message, database, inDoubt, cause });
}

/** Before the session is ready. `target` is host:port, which a password never is part of. */
export function connectError(error: unknown, database: string, target: string): DatabaseError {
  const say = (code: DatabaseErrorCode, message: string, extra: Partial<ErrorData> = {}): DatabaseError =>
    databaseError({ code, message: `${database}: ${message}`, database, ...extra });
  if (isServerMessage(error)) {
    return say(connectCodeOfSqlState(error.code), `${target} refused the session: ${error.message}`, {
      ...omitMessage(serverFields(error, (message) => message)),
    });
  }
  const cause = encodeCause(error);
  if (error instanceof WireError) {
    const message = `${target} does not speak the protocol (${error.message}); is this a PostgreSQL port?`;
    return say('DB_CONNECT_FAILED', message, { cause });
  }
  const tls = tlsAdvice(cause);
  if (tls) return say('DB_TLS', `${target}: ${tls}`, { cause });
  // pg's own refusals of an authentication carry no code; a host's name may hold any word.
  if (cause.code === undefined && /SASL|SCRAM|password/i.test(cause.message)) {
    return say('DB_AUTH_FAILED', `${target}: ${cause.message}`, { cause });
  }
  return say('DB_CONNECT_FAILED', `cannot connect to ${target}: ${cause.message}`, { cause });
}

/** What to do about a TLS failure, or undefined when it is none. */
function tlsAdvice({ message, code = '' }: CauseData): string | undefined {
  if (message === 'The server does not support SSL connections') {
    return "server refused TLS; set Tls.Mode to 'disable' to allow plaintext";
  }
  if (message === 'There was an error establishing an SSL connection') {
    return 'the server answered the request for TLS with neither yes nor no; is this a PostgreSQL port?';
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `certificate is for another name: ${message}`;
  if (code === 'CERT_HAS_EXPIRED') return "the server's certificate has expired";
  if (/SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ISSUER/.test(code)) {
    return `the server's certificate is signed by an unknown authority (${message}); name its CA in Tls.Ca`;
  }
  // OpenSSL refused what it was to send, before anything was sent; the last words of its line are the reason.
  if (code.startsWith('ERR_OSSL')) return `Tls.Cert and Tls.Key cannot be used (${message.split(':').at(-1)?.trim()})`;
  const alert = /:([^:]* alert [^:]*):/.exec(message)?.[1];
  if (alert !== undefined) {
    const about = /certificate|unknown ca/.test(alert) ? 'the client certificate (Tls.Cert)' : 'the TLS session';
    return `the server refused ${about}: ${alert}`;
  }
  return /^(?:ERR_(?:SSL|TLS)|CERT_)/.test(code) ? message.trim() : undefined;
}

/** Class 22 quotes the offending value, in the quotes of lc_messages' language. */
function maskQuoted(message: string): string {
  return message.replace(/["»«„“”‘’'].*["«»“”‘’']/s, '"…"');
}

/** Words shorter than this are the schema's as often as data, and say nothing about anybody. */
const SHORTEST_MASKED = 4;

/**
 * Other classes name things of the schema in quotes, which a person at night needs. What a parameter was is none of
 * them: it is blanked as a whole, and so is each quoted piece that has a word of it (the server folds and cuts values).
 */
function maskParameters(message: string, parameters: readonly (string | Uint8Array | null)[]): string {
  const texts = parameters.filter((value) => typeof value === 'string' && value.length >= SHORTEST_MASKED) as string[];
  if (texts.length === 0) return message;
  // Asked from the message's side: it is short, and parameters may be megabytes.
  const masked = texts.reduce(
    (shown, text) => (text.length > shown.length ? shown : shown.replaceAll(text, '…')),
    message,
  );
  return masked.replaceAll(/(["»«„“‘'])(.+?)(["«»“”’'])/gs, (piece, open: string, inner: string, close: string) => {
    const words = inner.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? [];
    const repeats = (text: string): boolean => words.some((word) => text.toLowerCase().includes(word));
    return words.length > 0 && texts.some(repeats) ? `${open}…${close}` : piece;
  });
}

function serverFields(error: ServerMessage, mask: (message: string) => string): Omit<ErrorData, 'code'> {
  const message = mask(error.message);
  return {
    message,
    severity: error.severity,
    sqlState: error.code,
    schema: error.schema,
    table: error.table,
    column: error.column,
    dataType: error.dataType,
    constraint: error.constraint,
    routine: error.routine,
    detail: error.detail,
    hint: error.hint,
    ...(error.position ? { position: Number(error.position) } : {}),
    cause: { name: 'PostgresError', message, code: error.code },
  };
}

function omitMessage({ message: _message, ...rest }: Omit<ErrorData, 'code'>): Partial<ErrorData> {
  return rest;
}
