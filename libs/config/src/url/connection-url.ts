// A connection string to its parts. Strict on purpose: a string that could be read in two ways is refused, for the other
// reading would put half a password into a host name. No reason given here repeats a character of the string.

export interface UrlHost {
  readonly host: string;
  readonly port?: number;
}

export interface ConnectionUrlParts {
  /** Name, address without brackets, or folder of a unix socket. */
  readonly host: string;
  readonly port?: number;
  /** All of them, in order, where there are several; `host` and `port` are the first one's. */
  readonly hosts?: readonly UrlHost[];
  readonly database: string;
  readonly username: string;
  readonly password?: string;
  /** `sslmode` and its like, decoded, by name. */
  readonly options: ReadonlyMap<string, string>;
}

/** Parts that may also stand behind the question mark, as in libpq. */
const PARTS = ['dbname', 'user', 'password'] as const;
const OPTIONS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'target_session_attrs'] as const;
const KNOWN: readonly string[] = ['host', 'port', ...PARTS, ...OPTIONS];

const PLACE = String.raw`(?:\[[^\]/?#@]*\]|[^/?#@:[\],]*)(?::\d*)?`;
const SHAPE = new RegExp(
  String.raw`^postgres(?:ql)?://(?:([^/?#@:]*)(?::([^/?#@]*))?@)?(${PLACE}(?:,${PLACE})*)(?:/([^/?#@]*))?(?:\?([^#?@]*))?$`,
  'i',
);

/** Thrown with a reason that may be shown. */
export class ConnectionUrlFault extends Error {}

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…` (also `postgresql://`); several hosts with commas
 * between, as libpq does. Everything is percent-decoded;
 * `@ : / ? # %` inside a part must be percent-encoded. IPv6 stands in brackets; the folder of a unix socket is encoded in
 * the host's place or given as `?host=`.
 * @throws ConnectionUrlFault
 */
export function parseConnectionUrl(url: string): ConnectionUrlParts {
  if (!/^postgres(?:ql)?:\/\//i.test(url)) throw new ConnectionUrlFault('must begin with postgres:// or postgresql://');
  const match = SHAPE.exec(url);
  if (match === null) {
    const odd = 'percent-encode @ : / ? # % inside user, password and database';
    throw new ConnectionUrlFault(`cannot be taken apart; ${odd}, and give ports as numbers`);
  }
  const [, user, password, places, database, query] = match.map((part) => (part === '' ? undefined : part));
  const given = parseQuery(query);
  const pick = (name: (typeof PARTS)[number], part: string | undefined): string | undefined => {
    const option = given.get(name);
    if (part !== undefined && option !== undefined) throw new ConnectionUrlFault(`gives ${name} twice`);
    given.delete(name);
    return option ?? (part === undefined ? undefined : decode(part));
  };
  const secret = pick('password', password);
  const hosts = hostsOf(places, given);
  const [first = { host: '' }] = hosts;
  return {
    ...first,
    ...(hosts.length > 1 ? { hosts } : {}),
    database: required('database', pick('dbname', database)),
    username: required('user', pick('user', user)),
    ...(secret === undefined ? {} : { password: secret }),
    options: given,
  };
}

/** From their own place or from behind the question mark; takes out of `given` what it has read. */
function hostsOf(places: string | undefined, given: Map<string, string>): UrlHost[] {
  const [names, ports] = [given.get('host')?.split(','), given.get('port')?.split(',')];
  given.delete('host');
  given.delete('port');
  const written = (places?.split(',') ?? []).map((place) => {
    const [, name = '', port] = /^(.*?)(?::(\d*))?$/.exec(place) ?? [];
    return { name: decode(name.replace(/^\[(.*)\]$/, '$1')), port: port === '' ? undefined : port };
  });
  if (names && written.some(({ name }) => name !== '')) throw new ConnectionUrlFault('gives host twice');
  if (ports && written.some(({ port }) => port !== undefined)) throw new ConnectionUrlFault('gives port twice');
  const hosts = names ?? (written.length > 0 ? written.map(({ name }) => name) : ['']);
  if (ports && ports.length !== 1 && ports.length !== hosts.length) {
    throw new ConnectionUrlFault('must give one port, or as many as hosts');
  }
  return hosts.map((name, index): UrlHost => {
    const port = ports ? (ports[index] ?? ports[0]) : written[index]?.port;
    return { host: required('host', name || undefined), ...(port === undefined ? {} : { port: toPort(port) }) };
  });
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
