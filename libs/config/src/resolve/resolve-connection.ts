// One entry of `Databases.Connections` to its settings: bind, inherit, take the Url apart, judge, fill what depends on
// other keys, cross-check. It reports; it never throws and never repairs.
import { checkConnection } from '../checks/check-connection.js';
import { hostNames, isLoopback, isUnixSocket } from '../checks/host-kind.js';
import { ConnectionSettings } from '../settings/connection.settings.js';
import { rulesOf, type KeyRules } from '../settings/key-rules.js';
import type { TlsMode } from '../settings/tls.settings.js';
import type { RawBlock } from '../source/raw-block.js';
import { applyUrl } from '../url/apply-url.js';
import { applyHosts, fillHosts } from './apply-hosts.js';
import { assemble } from './assemble.js';
import { bindBlock } from './bind-block.js';
import { mergeBlocks, type BoundBlock } from './bound.js';
import { Problems } from './problems.js';
import type { Scope } from './scope.js';

/** `Url` is a way to write other keys, not a setting: known here, absent from the result. */
const INPUT_RULES: KeyRules = new Map([...rulesOf(ConnectionSettings), ['Url', { kind: 'secret' }]]);
const QUEUE_PER_CONNECTION = 20;
/** More of them wake up more often and do no more (measured: two to four a core of the server). */
const MOST_PIPELINES = 4;

export interface ResolvedConnection {
  readonly settings: ConnectionSettings;
  readonly bound: BoundBlock;
}

export interface InheritedSettings {
  readonly defaults: BoundBlock;
  readonly requireTls: boolean;
}

export function resolveConnection(
  raw: RawBlock,
  path: string,
  { defaults, requireTls }: InheritedSettings,
  outer: Scope,
): ResolvedConnection {
  const scope = { ...outer, problems: new Problems() };
  const own = bindBlock(INPUT_RULES, raw, path, scope);
  const bound = mergeBlocks(defaults, own);
  applyHosts(own, bound, scope);
  applyUrl(own, bound, scope);
  const settings = fillDependent(assemble(ConnectionSettings, bound, path, scope.problems), bound, requireTls);
  // An `Enabled` that could not be read is true here, its default: what else is missing is told as well.
  if (settings.Enabled) checkConnection(settings, path, requireTls, scope.problems);
  outer.problems.addAll(scope.problems, settings.Enabled ? [] : ['missing']);
  return { settings, bound };
}

/** The defaults that depend on other keys. */
function fillDependent(settings: ConnectionSettings, bound: BoundBlock, requireTls: boolean): ConnectionSettings {
  fillHosts(settings, bound);
  if (!bound.values.has('MaxQueue')) {
    Object.assign(settings, { MaxQueue: QUEUE_PER_CONNECTION * settings.MaxConnections });
  }
  if (!bound.values.has('Pipelines')) {
    Object.assign(settings, { Pipelines: Math.max(1, Math.min(MOST_PIPELINES, settings.MaxConnections - 1)) });
  }
  if (!bound.blocks.get('Lanes')?.values.has('SlowMax')) {
    Object.assign(settings.Lanes, { SlowMax: Math.max(1, Math.floor(settings.MaxConnections / 2)) });
  }
  if (!bound.blocks.get('Tls')?.values.has('Mode')) {
    Object.assign(settings.Tls, { Mode: defaultTlsMode(hostNames(settings), requireTls) });
  }
  return settings;
}

/** One for all of them: the strictest that any of them asks for. */
function defaultTlsMode(hosts: readonly string[], requireTls: boolean): TlsMode {
  const near = (host: string): boolean => isUnixSocket(host) || (isLoopback(host) && !requireTls);
  return hosts.every(near) ? 'disable' : 'verify-full';
}
