// Unhandled database errors as RFC 9457 problem+json: a code to act on, and nothing of SQL, hosts, values or constraints.
// The whole error is logged beside the answer's requestId.
import { randomUUID } from 'node:crypto';
import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DatabaseError } from '../errors/database.error.js';
import { ERROR_CODES, type DatabaseErrorCode } from '../errors/error-code.js';

/** Body of the answer, `application/problem+json`. */
export interface DatabaseProblem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: DatabaseErrorCode;
  /** Present where trying again makes sense; also sent as `Retry-After`. */
  readonly retryAfterMs?: number;
  readonly requestId: string;
}

/** Long enough for a pool to breathe, short enough for a person to wait. */
const RETRY_AFTER_MS = 1_000;

export function problemOf(error: DatabaseError, requestId: string): DatabaseProblem {
  const { status, title } = ERROR_CODES[error.code];
  return {
    type: `urn:hydrogen:error:${error.code}`,
    title,
    status,
    code: error.code,
    ...retryAfter(error, status),
    requestId,
  };
}

function retryAfter(error: DatabaseError, status: number): { retryAfterMs?: number } {
  if (error.retryAfterMs !== undefined) return { retryAfterMs: error.retryAfterMs };
  return status === 503 && error.retryable ? { retryAfterMs: RETRY_AFTER_MS } : {};
}

/** Register it once: `{ provide: APP_FILTER, useClass: DatabaseExceptionFilter }`. */
@Catch(DatabaseError)
export class DatabaseExceptionFilter implements ExceptionFilter<DatabaseError> {
  readonly #logger = new Logger('DatabaseError');

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: DatabaseError, host: ArgumentsHost): void {
    // Other transports have their own filters, and no status or headers.
    if (host.getType() !== 'http') throw error;
    const { httpAdapter } = this.adapterHost;
    const context = host.switchToHttp();
    const request = context.getRequest<{ headers: Record<string, unknown> }>();
    const response = context.getResponse<unknown>();
    const problem = problemOf(error, requestIdOf(request.headers));
    const line = `${httpAdapter.getRequestMethod(request)} ${pathOf(httpAdapter.getRequestUrl(request) as string)} ${problem.requestId}: ${error.code}: ${error.message}`;
    if (problem.status >= 500) this.#logger.error(line, error.stack);
    else this.#logger.debug(line);
    if (httpAdapter.isHeadersSent(response)) return void httpAdapter.end(response);
    httpAdapter.setHeader(response, 'Content-Type', 'application/problem+json');
    if (problem.retryAfterMs) {
      httpAdapter.setHeader(response, 'Retry-After', String(Math.ceil(problem.retryAfterMs / 1000)));
    }
    httpAdapter.reply(response, problem, problem.status);
  }
}

/** The caller's own id where it is harmless to repeat, else a new one. */
function requestIdOf(headers: Record<string, unknown>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,100}$/.test(given) ? given : randomUUID();
}

/** Without the query string, where values of callers stand. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
