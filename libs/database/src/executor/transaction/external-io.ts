// Hears of HTTP requests that are made inside of a transaction: its connection, its locks and its snapshot are held for as long
// as the other side takes. Opt-in, for it costs a look at the async context for each request of the process.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ambientOf } from '../../scope/ambient.js';
import { currentScope } from '../../scope/call-scope.js';
import { holdsOf } from '../../scope/hold.js';

/** Node's own http and https; fetch, which is undici. */
const CHANNELS = ['http.client.request.start', 'undici:request:create'];

export interface ExternalIo {
  /** Whose transactions. */
  readonly owner: object;
  /** Whose connections they hold. */
  readonly guard: object;
  /** @param begun where the transaction was begun: of the request only Node's own frames are left when it is heard of */
  readonly report: (target: string, begun: string | undefined) => void;
}

/** @returns the way to stop it */
export function watchExternalIo({ owner, guard, report }: ExternalIo): () => void {
  const heard = (message: unknown): void => {
    const scope = currentScope();
    if (ambientOf(owner, scope?.ambient)?.transaction === undefined) return;
    const [hold] = holdsOf(guard, scope?.hold);
    report(targetOf(message), hold?.stack.stack);
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
