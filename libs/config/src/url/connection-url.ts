// A connection string to its parts. Strict on purpose: a string that could be read in two ways is refused, for the other
// reading would put half a password into a host name. No reason given here repeats a character of the string.

export interface ConnectionUrlParts {
  /** Name, address without brackets, or folder of a unix socket. */
  readonly host: string;
  readonly port?: number;
  readonly database: string;
  readonly username: string;
  readonly password?: string;
  /** `sslmode` and its like, decoded, by name. */
  readonly options: ReadonlyMap<string, string>;
}

/** Parts that may also stand behind the question mark, as in libpq. */
const PARTS = ['host', 'port', 'dbname', 'user', 'password'] as const;
const OPTIONS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const;
const KNOWN: readonly string[] = [...PARTS, ...OPTIONS];

const SHAPE =
  /^postgres(?:ql)?:\/\/(?:([^/?#@:]*)(?::([^/?#@]*))?@)?(\[[^\]/?#@]*\]|[^/?#@:[\]]*)(?::(\d*))?(?:\/([^/?#@]*))?(?:\?([^#?@]*))?$/i;

/** Thrown with a reason that may be shown. */
export class ConnectionUrlFault extends Error {}

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…` (also `postgresql://`). Everything is percent-decoded;
 * `@ : / ? # %` inside a part must be percent-encoded. IPv6 stands in brackets; the folder of a unix socket is encoded in
 * the host's place or given as `?host=`.
 * @throws ConnectionUrlFault
 */
export function parseConnectionUrl(url: string): ConnectionUrlParts {
  if (!/^postgres(?:ql)?:\/\//i.test(url)) throw new ConnectionUrlFault('must begin with postgres:// or postgresql://');
  const match = SHAPE.exec(url);
  if (match === null) {
    const odd = 'percent-encode @ : / ? # % inside user, password and database';
    throw new ConnectionUrlFault(`cannot be taken apart; ${odd}, and name one host with a numeric port`);
  }
  const [, user, password, host, port, database, query] = match.map((part) => (part === '' ? undefined : part));
  const given = parseQuery(query);
  const pick = (name: (typeof PARTS)[number], part: string | undefined): string | undefined => {
    const option = given.get(name);
    if (part !== undefined && option !== undefined) throw new ConnectionUrlFault(`gives ${name} twice`);
    given.delete(name);
    return option ?? (part === undefined ? undefined : decode(part));
  };
  const portText = pick('port', port);
  const secret = pick('password', password);
  return {
    host: required('host', pick('host', host?.replace(/^\[|\]$/g, ''))),
    ...(portText === undefined ? {} : { port: toPort(portText) }),
    database: required('database', pick('dbname', database)),
    username: required('user', pick('user', user)),
    ...(secret === undefined ? {} : { password: secret }),
    options: given,
  };
}

function parseQuery(query: string | undefined): Map<string, string> {
  const given = new Map<string, string>();
  for (const pair of query?.split('&') ?? []) {
    const [, name = '', value] = (/^([^=]*)(?:=([^]*))?$/.exec(pair) ?? []).map((part) => part && decode(part));
    if (!KNOWN.includes(name)) throw new ConnectionUrlFault(`has an unknown parameter; known are ${KNOWN.join(', ')}`);
    if (given.has(name)) throw new ConnectionUrlFault(`gives ${name} twice`);
    if (value === undefined || value === '') throw new ConnectionUrlFault(`gives ${name} without a value`);
    given.set(name, value);
  }
  return given;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ConnectionUrlFault('has a % that is not followed by the code of a character');
  }
}

function required(name: string, value: string | undefined): string {
  if (value === undefined) throw new ConnectionUrlFault(`must name the ${name}`);
  return value;
}

function toPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new ConnectionUrlFault('must have a port from 1 to 65535');
  return port;
}
