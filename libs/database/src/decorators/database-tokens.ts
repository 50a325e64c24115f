// Injection tokens by name, and the record of every name that was asked for: the module provides exactly those, so an
// unknown one fails where it is injected, when the module is built, and forRootAsync need not repeat the names.

const PREFIX = 'hydrogen:database:';

/** Names are recorded for the process; a provider for one that is nobody's in this application gives null. */
const recorded = new Set<string>();

/** The token behind `@InjectDatabase(name)`; for tests: `overrideProvider(getDatabaseToken('OIDC'))`. */
export function getDatabaseToken(name: string): string {
  recorded.add(name);
  return PREFIX + name;
}

/** @internal */
export function recordedNames(): readonly string[] {
  return [...recorded];
}
