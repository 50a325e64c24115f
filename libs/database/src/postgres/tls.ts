// TlsRequest to what node:tls takes. libpq's meaning of the words: `require` encrypts and checks nothing, `verify-ca`
// checks the chain, `verify-full` the chain and the name.
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { checkServerIdentity } from 'node:tls';
import type { TlsRequest } from '../connection/connector.js';

export function tlsOptions(request: TlsRequest, host: string): ConnectionOptions {
  const name = request.servername ?? host;
  return {
    minVersion: 'TLSv1.2',
    ca: request.ca,
    cert: request.cert,
    key: request.key,
    rejectUnauthorized: request.mode !== 'require',
    // SNI carries no addresses (RFC 6066, section 3).
    ...(isIP(name) ? {} : { servername: name }),
    checkServerIdentity:
      request.mode === 'verify-full' ? (_host, certificate) => checkServerIdentity(name, certificate) : () => undefined,
  };
}
