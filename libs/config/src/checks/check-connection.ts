// Rules between the keys of one connection, after each key has passed its own.
import type { Problems } from '../resolve/problems.js';
import type { ConnectionSettings } from '../settings/connection.settings.js';
import { hostNames, isUnixSocket } from './host-kind.js';

export function checkConnection(
  settings: ConnectionSettings,
  path: string,
  requireTls: boolean,
  problems: Problems,
): void {
  const { MinConnections, MaxConnections, Hosts, Tls } = settings;
  if (MinConnections > MaxConnections) {
    const message = `must not exceed MaxConnections (${MaxConnections}), got ${MinConnections}`;
    problems.add(`${path}.MinConnections`, message);
  }
  const names = hostNames(settings);
  for (const [index, name] of names.entries()) {
    if (!/[\s,/?#@[\]]/.test(name) || isUnixSocket(name)) continue;
    const message = 'must be one host name, one address without brackets, or the folder of a unix socket';
    problems.add(Hosts ? `${path}.Hosts[${index}].Host` : `${path}.Host`, message);
  }
  if ((Tls.Cert === undefined) !== (Tls.Key === undefined)) {
    const [lone, other] = Tls.Cert === undefined ? ['Key', 'Cert'] : ['Cert', 'Key'];
    problems.add(`${path}.Tls.${lone}`, `needs ${other} beside it`);
  }
  if (names.some(isUnixSocket) && Tls.Mode !== 'disable') {
    problems.add(`${path}.Tls.Mode`, 'must be disable: PostgreSQL has no TLS on a unix socket');
  }
  if (requireTls && Tls.Mode === 'disable') {
    problems.add(`${path}.Tls.Mode`, 'must not be disable while Databases.RequireTls is true');
  }
}
