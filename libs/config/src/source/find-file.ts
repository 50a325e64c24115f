// Where `hydrogen.json` is looked for. It only looks; reading and judging the content is done elsewhere.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigInvalidError } from '../config-invalid.error.js';
import { variableOf, type Environment } from './read-environment.js';

const SYSTEM_FILE = '/etc/hydrogen/hydrogen.json';

/**
 * The file to read: the explicit path, else the one named by `HYDROGEN_CONFIG`, else `./hydrogen.json`, else
 * `/etc/hydrogen/hydrogen.json`. A path that somebody named is used or refused; nothing else takes its place, for a
 * service that starts on another file than it was told would be worse than one that does not start.
 * @throws ConfigInvalidError naming all places that were looked at
 */
export function findConfigFile(explicit: string | undefined, env: Environment, cwd: string): string {
  const fromEnv = variableOf(env, 'HYDROGEN_CONFIG') || undefined;
  const named = explicit ?? fromEnv;
  const places = named === undefined ? [resolve(cwd, 'hydrogen.json'), SYSTEM_FILE] : [resolve(cwd, named)];
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  if (explicit !== undefined) throw new ConfigInvalidError([{ path: places[0]!, message: 'file not found' }]);
  if (fromEnv !== undefined) {
    const message = 'file not found (named by environment variable HYDROGEN_CONFIG)';
    throw new ConfigInvalidError([{ path: places[0]!, message, env: 'HYDROGEN_CONFIG' }]);
  }
  const message = `not found; no path was given, HYDROGEN_CONFIG is not set, and there is neither ${places.join(' nor ')}`;
  throw new ConfigInvalidError([{ path: 'hydrogen.json', message }]);
}
