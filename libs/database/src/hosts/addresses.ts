// From a host's name to its addresses, anew each time it is asked: between two connects a name may have moved.
import { lookup as systemLookup } from 'node:dns';
import { isIP } from 'node:net';

export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** The shape of Node's `dns.lookup` with `all: true`, so that a resolver of one's own can stand in its place. */
export type HostLookup = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: Error | null, addresses: readonly HostAddress[]) => void,
) => void;

/** An address or a unix socket: there is nothing to look up. */
export const isLiteral = (name: string): boolean => name.startsWith('/') || isIP(name) !== 0;

export class Addresses {
  readonly #lookup: HostLookup;

  constructor(lookup: HostLookup = (name, options, done) => systemLookup(name, options, done)) {
    this.#lookup = lookup;
  }

  /** All of them, in the order of the answer. Rejects with the resolver's error, or with the signal's reason: a look-up cannot be stopped. */
  of(name: string, signal?: AbortSignal): Promise<readonly string[]> {
    if (isLiteral(name)) return Promise.resolve([name]);
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal?.reason as Error);
      if (signal?.aborted) return abort();
      signal?.addEventListener('abort', abort, { once: true });
      this.#lookup(name, { all: true }, (error, found) => {
        signal?.removeEventListener('abort', abort);
        if (error) reject(error);
        else if (found.length === 0) reject(new Error(`${name} has no address`));
        else resolve([...new Set(found.map(({ address }) => address))]);
      });
    });
  }
}
