// @hydrogen/embedded: a PostgreSQL 18 of its own, from npm, for development and tests. Not for production.
export { startEmbeddedServer } from './start-embedded-server.js';
export { EmbeddedServerError, type EmbeddedErrorCode } from './embedded.error.js';
export type { DatabaseSpec, EmbeddedOptions, EmbeddedServer, ServerAddress, StopMode } from './embedded-options.js';
export { createDatabase, dropDatabase, superuserQuery } from './administration.js';
