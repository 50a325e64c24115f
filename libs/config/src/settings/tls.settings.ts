// The `Tls` block of a connection. Names and bounds only: nothing here opens a file or a socket.
import { Secret } from '../secret.js';
import { Choice, OptionalText, SecretText } from './key-decorators.js';

export const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof TLS_MODES)[number];

export class TlsSettings {
  /**
   * How the server is trusted. `disable`: plaintext. `require`: encrypted, the certificate is not checked.
   * `verify-ca`: it must be signed by a known authority. `verify-full`: it must carry the host's name as well.
   * Default `verify-full`; `disable` when Host is loopback (localhost, 127.0.0.0/8, ::1) or a unix socket.
   */
  @Choice(TLS_MODES)
  readonly Mode: TlsMode = 'verify-full';

  /** Certificate authority, as a path or as PEM. Default: Node's own list of authorities. */
  @OptionalText({ pem: true })
  readonly Ca?: string;

  /** Client certificate, as a path or as PEM. Only together with `Key`. Default: none. */
  @OptionalText({ pem: true })
  readonly Cert?: string;

  /** Private key of `Cert`, as a path or as PEM. A secret. Default: none. */
  @SecretText({ pem: true })
  readonly Key?: Secret;

  /** Name to ask for (SNI) and to find in the certificate, where it differs from `Host`. Default: `Host`. */
  @OptionalText()
  readonly ServerName?: string;
}
