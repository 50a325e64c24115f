// Shared by the specs of this library: a valid connection, the twenty variables, and short ways to load and to fail.
// Outside src, so that it is neither compiled nor packed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigInvalidError } from '../src/config-invalid.error.js';
import { loadHydrogenConfig, type LoadedConfig } from '../src/load-hydrogen-config.js';
import type { DatabasesConfig } from '../src/settings/config-input.js';
import type { ConnectionSettings } from '../src/settings/connection.settings.js';

export const repository = fileURLToPath(new URL('../../../', import.meta.url));

export const valid = { Host: 'db.example.org', Database: 'app', Username: 'svc', Password: 'correct horse' } as const;

/** A raw input that the types would refuse; that is what the loader is for. */
export type Loose = Record<string, unknown>;

/** The twenty variables of `.env.example`, with a remote host. */
export function twentyVariables(): Record<string, string | undefined> {
  const names = ['OIDC', 'ACURANZO', 'HELIUM', 'CANVAS'];
  const entries = names.flatMap((name, index) => [
    [`${name}_DB_HOST`, 'db.example.org'],
    [`${name}_DB_PORT`, String(5433 + index)],
    [`${name}_DB_NAME`, name.toLowerCase()],
    [`${name}_DB_USER`, `${name.toLowerCase()}_svc`],
    [`${name}_DB_PASS`, `pw-of-${name}`],
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

export function load(databases: Loose, env: Record<string, string | undefined> = {}): LoadedConfig {
  return loadHydrogenConfig({ config: databases as DatabasesConfig, env, cwd: repository });
}

/** Loads one connection named `A`, over the valid one; `undefined` takes a key away. */
export function loadOne(
  keys: Loose,
  env: Record<string, string | undefined> = {},
  rest: Loose = {},
): ConnectionSettings {
  return load({ ...rest, Connections: { A: { ...valid, ...keys } } }, env).config.Databases.Connections['A']!;
}

/** The error of a load that must fail. */
export function failureOf(run: () => unknown): ConfigInvalidError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error;
    throw error;
  }
  throw new Error('expected a ConfigInvalidError');
}

/** The lines of a load of one connection `A` that must fail, without the common beginning of their paths. */
export function linesOfOne(keys: Loose, env: Record<string, string | undefined> = {}, rest: Loose = {}): string[] {
  const { message } = failureOf(() => loadOne(keys, env, rest));
  return message.split('\n').map((line) => line.replace('Databases.Connections.A.', ''));
}

export function inTemporaryFolder<T>(run: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'hydrogen-config-'));
  try {
    return run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
