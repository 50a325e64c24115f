// The effective configuration key by key: which value counts, and who said so. For people and for the start's log.
// A secret is `set` or `not set`, nothing more.
import type { BoundBlock, BoundValue, ConfigValueSource } from '../resolve/bound.js';
import { emptyBlock } from '../resolve/bound.js';
import type { ResolvedDatabases } from '../resolve/resolve-databases.js';
import { isSecretKind, rulesOf, type KeyRule } from '../settings/key-rules.js';

export interface ConfigReportEntry {
  /** Canonical key path; an inherited value stands under its connection. */
  readonly path: string;
  /** The value in effect; `set` or `not set` for a secret. */
  readonly value: string | number | boolean;
  /** Who gave it: the file, a variable, the program, or nobody. */
  readonly source: ConfigValueSource;
  /** The variables it was made of, where there are any. */
  readonly env?: readonly string[];
}

const NOT_SET = 'not set';

export function reportOf({ settings, bound, connections }: ResolvedDatabases): ConfigReportEntry[] {
  const own = entriesOf(settings, bound, 'Databases');
  const each = [...connections].flatMap(([name, connection]) =>
    entriesOf(connection.settings, connection.bound, `Databases.Connections.${name}`),
  );
  return [...own, ...each];
}

function entriesOf(settings: unknown, bound: BoundBlock, path: string): ConfigReportEntry[] {
  const entries: ConfigReportEntry[] = [];
  if (typeof settings !== 'object' || settings === null) return entries;
  for (const [name, rule] of rulesOf(settings.constructor)) {
    const value: unknown = Reflect.get(settings, name);
    const found = bound.values.get(name);
    if (rule.block === undefined || rule.kind === 'list') entries.push(entryOf(`${path}.${name}`, rule, value, found));
    else entries.push(...entriesOf(value, bound.blocks.get(name) ?? emptyBlock(), `${path}.${name}`));
  }
  return entries;
}

function entryOf(path: string, rule: KeyRule, value: unknown, found: BoundValue | undefined): ConfigReportEntry {
  // In a disabled connection a variable may be missing; then nobody gave the value.
  const given = found === undefined || found.failed ? undefined : found;
  const entry = { path, value: display(rule, value, given), source: given?.source ?? 'default' };
  return given === undefined || given.variables.length === 0 ? entry : { ...entry, env: given.variables };
}

function display(rule: KeyRule, value: unknown, given: BoundValue | undefined): string | number | boolean {
  if (value === undefined || (given === undefined && rule.required)) return NOT_SET;
  if (isSecretKind(rule.kind) || (given !== undefined && given.shown === undefined)) return 'set';
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (rule.kind === 'list') return given?.shown ?? NOT_SET;
  if (typeof value !== 'string') return 'set';
  return value.includes('-----BEGIN ') ? 'PEM' : value;
}
