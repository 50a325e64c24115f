// Parts to a connection string, with the password or masked. A string is masked by taking it apart, never by searching it:
// a search shows the half of a password that stands behind an odd character.
import { parseConnectionUrl, type ConnectionUrlParts, type UrlHost } from './connection-url.js';

/** The string that `parseConnectionUrl` reads back into the same parts. It holds the password: treat it as one. */
export function formatConnectionUrl(parts: ConnectionUrlParts): string {
  return compose(parts, parts.password === undefined ? undefined : encodeURIComponent(parts.password));
}

/** The same string with `[secret]` for the password; all of it is `[secret]` when it cannot be taken apart. */
export function maskConnectionUrl(url: string): string {
  try {
    const parts = parseConnectionUrl(url);
    return compose(parts, parts.password === undefined ? undefined : '[secret]');
  } catch {
    return '[secret]';
  }
}

function compose(parts: ConnectionUrlParts, encodedPassword?: string): string {
  const { database, username, options, hosts = [parts] } = parts;
  const user = encodeURIComponent(username) + (encodedPassword === undefined ? '' : `:${encodedPassword}`);
  const query = [...options].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const target = `${hosts.map(place).join(',')}/${encodeURIComponent(database)}`;
  return `postgres://${user}@${target}${query === '' ? '' : `?${query}`}`;
}

function place({ host, port }: UrlHost): string {
  const isIpv6 = host.includes(':') && !host.startsWith('/');
  return `${isIpv6 ? `[${encodeURI(host)}]` : encodeURIComponent(host)}${port === undefined ? '' : `:${port}`}`;
}
