// Reports HTTP requests that are made inside of a transaction: its connection, its locks and its snapshot are held for as long
// as the other side takes. Opt-in, for it costs a look at the async context for each request of the process.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ambientOf } from '../../scope/ambient.js';
import { currentScope } from '../../scope/call-scope.js';

/** Node's own http and https; fetch, which is undici. */
const CHANNELS = ['http.client.request.start', 'undici:request:create'];
/** Places that were reported are remembered up to so many. */
const MOST_PLACES = 200;

/** @param report is given the stack as lines of its own, the first one empty @returns the way to stop it */
export function watchExternalIo(owner: object, report: (target: string, stack: string) => void): () => void {
  const places = new Set<string>();
  const heard = (message: unknown): void => {
    const running = ambientOf(owner, currentScope()?.ambient)?.transaction;
    if (running === undefined) return;
    const target = targetOf(message);
    const { stack = '' } = new Error(`request to ${target}`);
    const place = stack
      .split('\n')
      .find((line) => /^\s+at /.test(line) && !/node:|node_modules|external-io/.test(line));
    const key = place ?? target;
    if (places.has(key) || places.size >= MOST_PLACES) return;
    places.add(key);
    report(target, `\n${stack}`);
  };
  for (const channel of CHANNELS) subscribe(channel, heard);
  return () => {
    for (const channel of CHANNELS) unsubscribe(channel, heard);
  };
}

/** Host only: a path may carry a secret. */
function targetOf(message: unknown): string {
  const { request } = message as { request?: { host?: string; origin?: string | URL } };
  return String(request?.origin ?? request?.host ?? 'another host');
}
