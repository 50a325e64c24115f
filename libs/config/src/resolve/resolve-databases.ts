// The whole `Databases` block to its settings. The order is fixed: own keys, Defaults, then each connection over them.
import { faultOfDatabaseName } from '../checks/database-name.js';
import { ConnectionSettings } from '../settings/connection.settings.js';
import { DatabasesSettings } from '../settings/databases.settings.js';
import { rulesOf } from '../settings/key-rules.js';
import { isPlainBlock, type RawBlock } from '../source/raw-block.js';
import { assemble } from './assemble.js';
import { bindBlock } from './bind-block.js';
import type { BoundBlock } from './bound.js';
import { Problems } from './problems.js';
import { resolveConnection, type ResolvedConnection } from './resolve-connection.js';
import type { Scope } from './scope.js';

export interface ResolvedDatabases {
  readonly settings: DatabasesSettings;
  readonly bound: BoundBlock;
  readonly connections: ReadonlyMap<string, ResolvedConnection>;
}

export function resolveDatabases(raw: RawBlock, scope: Scope): ResolvedDatabases {
  const bound = bindBlock(rulesOf(DatabasesSettings), raw, 'Databases', scope, ['Defaults', 'Connections']);
  const settings = assemble(DatabasesSettings, bound, 'Databases', scope.problems);
  const defaults = bindDefaults(blockAt(raw, 'Defaults', scope), scope);
  const inherited = { defaults, requireTls: settings.RequireTls };
  const entries = blockAt(raw, 'Connections', scope);
  const connections = new Map<string, ResolvedConnection>();
  for (const name of Object.keys(entries)) {
    const path = `Databases.Connections.${name}`;
    const fault = faultOfDatabaseName(name);
    if (fault !== undefined) scope.problems.add(path, fault);
    const block = entries[name];
    if (isPlainBlock(block)) connections.set(name, resolveConnection(block, path, inherited, scope));
    else scope.problems.add(path, 'must be an object');
  }
  // No prototype: a lookup of `constructor` or `__proto__` finds nothing that was not configured.
  const byName: Record<string, ConnectionSettings> = Object.create(null);
  for (const [name, connection] of connections) byName[name] = connection.settings;
  return { settings: Object.assign(settings, { Connections: byName }), bound, connections };
}

function bindDefaults(raw: RawBlock, scope: Scope): BoundBlock {
  const { Url, ...rest } = raw;
  if (Url !== undefined) {
    scope.problems.add('Databases.Defaults.Url', 'belongs to one connection; give Host, Port and the like here');
  }
  const bound = bindBlock(rulesOf(ConnectionSettings), rest, 'Databases.Defaults', scope);
  // Judged here as well as in each connection: a wrong default is wrong even while no connection inherits it.
  const judged = new Problems();
  assemble(ConnectionSettings, bound, 'Databases.Defaults', judged);
  scope.problems.addAll(judged, ['missing']);
  return bound;
}

/** The block under a key; an empty one when it is absent, or when it is no block, which is then reported. */
function blockAt(raw: RawBlock, key: string, scope: Scope): RawBlock {
  const value = Object.hasOwn(raw, key) ? raw[key] : undefined;
  if (isPlainBlock(value)) return value;
  if (value !== undefined) scope.problems.add(`Databases.${key}`, 'must be an object');
  return {};
}
