// The decision between a PostgreSQL of our own and the user's servers. Pure.
import type { Environment, PlaceholderReference } from '@hydrogen/config';

/**
 * `own` only when nothing at all points to servers of the user's: no `.env` file and not one of the variables that the
 * configuration needs. Once there is anything, a missing rest is a mistake to be named, not to be papered over.
 */
export function decideServers(
  placeholders: readonly PlaceholderReference[],
  env: Environment,
  hasEnvFile: boolean,
): 'own' | 'users' {
  const needed = placeholders.filter(({ hasDefault }) => !hasDefault);
  if (needed.length === 0 || hasEnvFile) return 'users';
  return needed.some(({ variable }) => env[variable] !== undefined) ? 'users' : 'own';
}
