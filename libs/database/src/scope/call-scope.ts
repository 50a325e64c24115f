// What the code that is running now stands in: a request with its deadline, and connections that its callers hold. Carried by
// the async context, so that nobody has to pass it on. It knows no pool and no Nest.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Ambient } from './ambient.js';
import type { Hold } from './hold.js';
import type { RequestScope } from './request-scope.js';

export interface CallScope {
  readonly request: RequestScope | undefined;
  /** The innermost; others by `outer`. */
  readonly hold: Hold | undefined;
  /** The innermost transaction; others by `outer`. */
  readonly ambient: Ambient | undefined;
}

const storage = new AsyncLocalStorage<CallScope | undefined>();

export function currentScope(): CallScope | undefined {
  return storage.getStore();
}

/** `fn`, and whatever it starts, stands in what stands here already and in `more`. */
export function within<R>(more: Partial<CallScope>, fn: () => R): R {
  const now = storage.getStore();
  return storage.run({ request: now?.request, hold: now?.hold, ambient: now?.ambient, ...more }, fn);
}

/**
 * Work that shall outlive the request in which it is begun: no deadline of the request, no end when its client leaves, leases
 * that are kept after the answer, and no transaction that is running here. Also for what runs on nobody's behalf: sockets and timers keep the context in which
 * they were made, so without this they would carry the first caller's deadline for good.
 */
export function detached<R>(fn: () => R): R {
  // The first `run` makes every promise of the process a little dearer (Node 20): not for those who have no scopes.
  return storage.getStore() === undefined ? fn() : storage.run(undefined, fn);
}
