// One entry of a connection's `Hosts`, and what a session must be to be taken. Names and bounds only.
import { Integer, RequiredText } from './key-decorators.js';

/** libpq's words of target_session_attrs. */
export const TARGET_SESSIONS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
export type TargetSession = (typeof TARGET_SESSIONS)[number];

export class HostSettings {
  /** Name, address, or folder of a unix socket (begins with `/`). Required. */
  @RequiredText()
  readonly Host: string = '';

  /** TCP port. Default: the connection's `Port`; 1 to 65535. */
  @Integer(1, 65_535)
  readonly Port?: number;

  /**
   * Share of the connections, beside those of the other hosts; 1 where others have one. Default: none, and where no host
   * has one they are taken in order. 1 to 10000.
   */
  @Integer(1, 10_000)
  readonly Weight?: number;
}
