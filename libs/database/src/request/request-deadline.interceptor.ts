// Gives all database calls of one request one deadline, ends them when the client leaves, and takes back what the request did
// not give back. Everything else (gateways, microservices) has the deadline and the end, without a client to watch.
import {
  Inject,
  Injectable,
  Optional,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { systemClock } from '@hydrogen/pool';
import { finalize, Observable } from 'rxjs';
import { databaseError } from '../errors/database.error.js';
import { within as standingIn } from '../scope/call-scope.js';
import { RequestScope } from '../scope/request-scope.js';
import { REQUEST_DEADLINE, type RequestDeadlineOptions } from './request-deadline.js';

export const REQUEST_DEADLINE_OPTIONS = Symbol('hydrogen:request-deadline-options');

const DEFAULTS = { timeoutMs: 30_000, cancelOnDisconnect: true };

/** What Express and Fastify have in common: Node's own request and response, or a wrapper of them. */
interface NodeRequest {
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
}

interface NodeResponse {
  readonly writableFinished: boolean;
  readonly closed?: boolean;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * `app.useGlobalInterceptors(new RequestDeadlineInterceptor({ timeoutMs: 10_000 }))`, as `APP_INTERCEPTOR`, or with
 * `@UseInterceptors` on a controller. Guards and pipes run before it: their calls have no deadline of the request.
 * @throws DB_CONFIG_INVALID for a time that is none
 */
@Injectable()
export class RequestDeadlineInterceptor implements NestInterceptor {
  readonly #options: RequestDeadlineOptions;
  readonly #reflector = new Reflector();

  constructor(@Optional() @Inject(REQUEST_DEADLINE_OPTIONS) options: RequestDeadlineOptions = {}) {
    this.#options = options;
    check(options);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const own = this.#reflector.getAllAndOverride<RequestDeadlineOptions | undefined>(REQUEST_DEADLINE, [
      context.getHandler(),
      context.getClass(),
    ]);
    const options = { ...DEFAULTS, ...this.#options, ...own };
    if (own) check(own);
    return context.getType() === 'http' ? http(context, options, next) : other(options, next);
  }
}

function http(
  context: ExecutionContext,
  options: Required<Omit<RequestDeadlineOptions, 'header'>> & RequestDeadlineOptions,
  next: CallHandler,
): Observable<unknown> {
  const exchange = context.switchToHttp();
  const timeoutMs = shortened(options, exchange.getRequest<NodeRequest>());
  const response = nodeResponse(exchange.getResponse());
  const controller = options.cancelOnDisconnect ? new AbortController() : undefined;
  const scope = new RequestScope(deadlineOf(timeoutMs), controller?.signal);
  let handled = false;
  let left = false;
  // The handler's own end says nothing: a result that is streamed is still being read then. Unless its reader has left before.
  const ended = (): void => {
    handled = true;
    if (left) scope.end();
  };
  const closed = (): void => {
    left = true;
    if (!response.writableFinished) controller?.abort(new Error('the client closed the connection'));
    // A handler that shall not be disturbed goes on with its leases and its deadline, as if its client were there.
    if (handled || response.writableFinished || controller !== undefined) scope.end();
  };
  if (response.closed === true) closed();
  else response.once('close', closed);
  return within(scope, next).pipe(finalize(ended));
}

function other({ timeoutMs }: { timeoutMs: number }, next: CallHandler): Observable<unknown> {
  const scope = new RequestScope(deadlineOf(timeoutMs), undefined);
  return within(scope, next).pipe(finalize(() => scope.end()));
}

/** The handler runs when it is subscribed to: that is what has to stand in the scope. */
function within(scope: RequestScope, next: CallHandler): Observable<unknown> {
  return new Observable((subscriber) => standingIn({ request: scope }, () => next.handle().subscribe(subscriber)));
}

const deadlineOf = (timeoutMs: number): number => (timeoutMs === 0 ? Infinity : systemClock.now() + timeoutMs);

function shortened({ timeoutMs, header }: { timeoutMs: number; header?: string }, request: NodeRequest): number {
  if (header === undefined) return timeoutMs;
  const value = request.headers?.[header.toLowerCase()];
  const asked = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (asked === 0) return timeoutMs;
  return timeoutMs === 0 ? asked : Math.min(asked, timeoutMs);
}

/** Fastify's reply carries Node's response in `raw`. */
function nodeResponse(response: unknown): NodeResponse {
  return (response as { raw?: NodeResponse }).raw ?? (response as NodeResponse);
}

function check({ timeoutMs }: RequestDeadlineOptions): void {
  if (timeoutMs === undefined || (Number.isFinite(timeoutMs) && timeoutMs >= 0)) return;
  const message = `RequestDeadline: timeoutMs must be a number of milliseconds from 0, got ${String(timeoutMs)}`;
  throw databaseError({ code: 'DB_CONFIG_INVALID', message });
}
