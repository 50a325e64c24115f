// What `sslmode`, `sslrootcert`, `sslcert` and `sslkey` of a connection string mean for `Tls`, as libpq says.
// It never picks the weaker or the stronger of two contradicting answers: a contradiction is an error.
import { Secret } from '../secret.js';
import { TLS_MODES } from '../settings/tls.settings.js';
import { ConnectionUrlFault } from './connection-url.js';

/** `Tls` keys as a connection string gives them; a key is absent where the string is silent. */
export type UrlTls = ReadonlyMap<'Mode' | 'Ca' | 'Cert' | 'Key', string | Secret>;

/** @throws ConnectionUrlFault */
export function tlsOfUrl(options: ReadonlyMap<string, string>): UrlTls {
  const tls = new Map<'Mode' | 'Ca' | 'Cert' | 'Key', string | Secret>();
  const mode = options.get('sslmode');
  // `allow` and `prefer` fall back to plaintext when somebody in the middle says "no TLS here".
  if (mode !== undefined && !TLS_MODES.some((known) => known === mode)) {
    throw new ConnectionUrlFault(`must have an sslmode out of ${TLS_MODES.join(', ')}`);
  }
  const root = options.get('sslrootcert');
  const system = root === 'system';
  if (system && mode !== undefined && mode !== 'verify-full') {
    throw new ConnectionUrlFault('must have sslmode verify-full where sslrootcert is system');
  }
  // libpq: with a root certificate at hand, `require` verifies the authority.
  if (mode !== undefined) tls.set('Mode', mode === 'require' && root !== undefined ? 'verify-ca' : mode);
  else if (system) tls.set('Mode', 'verify-full');
  if (root !== undefined && !system) tls.set('Ca', root);
  const [cert, key] = [options.get('sslcert'), options.get('sslkey')];
  if (cert !== undefined) tls.set('Cert', cert);
  if (key !== undefined) tls.set('Key', new Secret(key));
  return tls;
}
