// The environment of PostgreSQL's programs: next to nothing, so that no secret and no setting of this process reaches them.

/** UTC also spares initdb the search for the system's time zone. */
export const SERVER_ENVIRONMENT: NodeJS.ProcessEnv = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' };
