// The servers of one database as configured, and what a session must be to be taken. Data and words, no rules.

/** libpq's words of target_session_attrs. */
export type TargetSession = 'any' | 'read-write' | 'read-only' | 'primary' | 'standby' | 'prefer-standby';

export interface Host {
  /** Name, address, or folder of a unix socket. */
  readonly name: string;
  readonly port: number;
  /** Share of the connections beside the others'; undefined where none was given. */
  readonly weight?: number;
}

/** One place to connect to: a name may have several addresses. */
export interface Site {
  readonly host: Host;
  readonly address: string;
}

/** `db-a:5432`; a unix socket as the folder and the port, as everywhere. */
export function describeHost({ name, port }: Host): string {
  return name.startsWith('/') ? `${name}/.s.PGSQL.${port}` : `${name}:${port}`;
}

export const describeHosts = (hosts: readonly Host[]): string => hosts.map(describeHost).join(', ');
