// Is a session of the kind that is wanted? libpq's rules; where the server did not say what it is, only `any` is content.
import type { SessionRole } from '../connection/connection.js';
import type { TargetSession } from './host.js';

type Kind = Exclude<TargetSession, 'prefer-standby'>;

/** Why the session will not do, as the end of a sentence about its server; undefined = it will. */
export function unfitFor(target: Kind, role: SessionRole | undefined): string | undefined {
  if (target === 'any') return undefined;
  if (role === undefined) return 'does not say what it is';
  const { standby, readOnly } = role;
  switch (target) {
    case 'primary':
      return standby ? 'is a standby' : undefined;
    case 'standby':
      return standby ? undefined : 'is no standby';
    case 'read-only':
      return standby || readOnly ? undefined : 'is not read-only';
    default:
      return standby ? 'is a standby' : readOnly ? 'is read-only' : undefined;
  }
}
