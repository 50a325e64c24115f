// Hosts written as a text, `a:5432, b:5433`, to what a block of each would be. It splits; what a name may hold is judged later.
import type { HostSettings } from '../settings/host.settings.js';
import { emptyBlock, type BoundBlock, type BoundValue } from './bound.js';

/** Each is `name`, `name:5433`, `10.0.0.1:5433`, `[::1]:5433`, `::1` or `/folder`. @param text expanded already */
export function hostsOfText(text: BoundValue): BoundBlock[] {
  return String(text.value)
    .split(',')
    .map((one) => {
      const [host, port] = split(one.trim());
      const bound = emptyBlock();
      bound.values.set('Host', part(text, host));
      if (port !== undefined) bound.values.set('Port', part(text, /^\d+$/.test(port) ? Number(port) : port));
      return bound;
    });
}

/** For people: `a:5432, b:5433`. */
export function showHosts(hosts: readonly HostSettings[]): string {
  return hosts.map(({ Host, Port }) => (Port === undefined ? Host : `${Host}:${Port}`)).join(', ');
}

function split(text: string): [host: string, port?: string] {
  const [, bracketed, behind] = /^\[([^\]]*)\](?::([^:]*))?$/.exec(text) ?? [];
  if (bracketed !== undefined) return behind === undefined ? [bracketed] : [bracketed, behind];
  const [name = '', port, ...more] = text.split(':');
  // More than one colon: an IPv6 address without brackets.
  return text.startsWith('/') || port === undefined || more.length > 0 ? [text] : [name, port];
}

function part(text: BoundValue, value: string | number): BoundValue {
  return text.shown === undefined ? { ...text, value } : { ...text, value, shown: JSON.stringify(value) };
}
