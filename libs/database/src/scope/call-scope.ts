// What the code that is running now stands in: a request with its deadline, and connections that its callers hold. Carried by
// the async context, so that nobody has to pass it on. It knows no pool and no Nest.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Hold } from './hold.js';
import type { RequestScope } from './request-scope.js';

export interface CallScope {
  readonly request: RequestScope | undefined;
  /** The innermost; others by `outer`. */
  readonly hold: Hold | undefined;
}

const storage = new AsyncLocalStorage<CallScope | undefined>();

export function currentScope(): CallScope | undefined {
  return storage.getStore();
}

/** `fn`, and whatever it starts, stands in the request. */
export function inRequest<R>(request: RequestScope, fn: () => R): R {
  return storage.run({ request, hold: storage.getStore()?.hold }, fn);
}

/** `fn`, and whatever it starts, holds one more connection. */
export function holding<R>(hold: Hold, fn: () => R): R {
  return storage.run({ request: storage.getStore()?.request, hold }, fn);
}

/**
 * Work that shall outlive the request in which it is begun: no deadline of the request, no end when its client leaves, and
 * leases that are kept after the answer. Also for what runs on nobody's behalf: sockets and timers keep the context in which
 * they were made, so without this they would carry the first caller's deadline for good.
 */
export function detached<R>(fn: () => R): R {
  // The first `run` makes every promise of the process a little dearer (Node 20): not for those who have no scopes.
  return storage.getStore() === undefined ? fn() : storage.run(undefined, fn);
}
