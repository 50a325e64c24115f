// What a route or an application may say about the time of its requests.
import { SetMetadata, type CustomDecorator } from '@nestjs/common';

export interface RequestDeadlineOptions {
  /** Time from the request to its answer for all its database calls together, milliseconds; 0 = none. Default 30000. */
  readonly timeoutMs?: number;
  /**
   * A client that goes away before it is answered ends the calls of its request: waiting ones are dropped, running
   * statements cancelled, open transactions rolled back. With false its handler goes on to its end as if the client were there,
   * with its leases and within its deadline. Default true.
   */
  readonly cancelOnDisconnect?: boolean;
  /**
   * A header in which the caller says how many milliseconds it will wait: it may shorten `timeoutMs`, never lengthen it; what is no
   * number is ignored. Default: none is read. (Envoy's is `x-envoy-expected-rq-timeout-ms`.)
   */
  readonly header?: string;
}

export const REQUEST_DEADLINE = 'hydrogen:request-deadline';

/** For one controller or handler, instead of the interceptor's own: `@RequestDeadline(2000)`, or any of its options. */
export function RequestDeadline(options: number | RequestDeadlineOptions): CustomDecorator {
  return SetMetadata(REQUEST_DEADLINE, typeof options === 'number' ? { timeoutMs: options } : options);
}
