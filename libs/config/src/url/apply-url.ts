// Puts the parts of a connection's `Url` into the places of Host (or Hosts), Port, Database, Username, Password and Tls.
// Parts written beside it are an error; parts inherited from Defaults give way, for a Url is a whole address.
import { emptyBlock, type BoundBlock, type BoundValue } from '../resolve/bound.js';
import { coerce } from '../resolve/coerce.js';
import type { Scope } from '../resolve/scope.js';
import { showHosts } from '../resolve/host-text.js';
import { showValue } from '../resolve/show-value.js';
import { Secret } from '../secret.js';
import { HostSettings, TARGET_SESSIONS } from '../settings/host.settings.js';
import { rulesOf } from '../settings/key-rules.js';
import { TlsSettings } from '../settings/tls.settings.js';
import { ConnectionUrlFault, parseConnectionUrl, type ConnectionUrlParts } from './connection-url.js';
import { tlsOfUrl, type UrlTls } from './url-tls.js';

const PARTS = ['Host', 'Hosts', 'Port', 'Database', 'Username', 'Password'] as const;

/**
 * @param own the keys of the connection itself
 * @param merged the same over Defaults; changed in place
 */
export function applyUrl(own: BoundBlock, merged: BoundBlock, scope: Scope): void {
  const url = own.values.get('Url');
  merged.values.delete('Url');
  if (url === undefined) return;
  const beside = PARTS.filter((part) => own.values.has(part));
  if (beside.length > 0)
    scope.problems.add(url.path, `cannot stand beside ${beside.join(', ')}; give one or the other`);
  // Marked as reported: with a broken Url nobody needs to hear that Host is required.
  for (const part of PARTS) merged.values.set(part, { ...url, failed: true });
  if (url.failed) return;
  if (!(url.value instanceof Secret)) return scope.problems.add(url.path, 'must be text');
  try {
    const parts = parseConnectionUrl(url.value.reveal());
    applyParts(parts, url, merged);
    applyTarget(parts.options.get('target_session_attrs'), url, merged, scope);
    applyTls(tlsOfUrl(parts.options), url, merged, scope);
  } catch (error) {
    if (!(error instanceof ConnectionUrlFault)) throw error;
    scope.problems.add(url.path, error.message, 'wrong', url.variables[0]);
  }
}

function applyParts(parts: ConnectionUrlParts, url: BoundValue, merged: BoundBlock): void {
  const values = {
    Host: parts.host,
    Hosts: parts.hosts?.map(({ host, port }) => Object.assign(new HostSettings(), { Host: host, Port: port })),
    // Each has its own; one without has the default, not the first one's.
    Port: parts.hosts ? undefined : parts.port,
    Database: parts.database,
    Username: parts.username,
    Password: parts.password === undefined ? undefined : new Secret(parts.password),
  };
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) merged.values.set(name, partOf(url, value));
  }
}

/** The string as a whole is a secret; its parts are shown like the same keys written out, except the secret ones. */
function partOf(url: BoundValue, value: unknown): BoundValue {
  return value instanceof Secret
    ? { ...url, value }
    : { ...url, value, shown: Array.isArray(value) ? showHosts(value as HostSettings[]) : showValue(value) };
}

function applyTarget(target: string | undefined, url: BoundValue, merged: BoundBlock, scope: Scope): void {
  if (target === undefined) return;
  if (!TARGET_SESSIONS.some((known) => known === target)) {
    throw new ConnectionUrlFault(`must have a target_session_attrs out of ${TARGET_SESSIONS.join(', ')}`);
  }
  const other = merged.values.get('TargetSession');
  if (other !== undefined && !other.failed && other.value !== target) {
    scope.problems.add(url.path, `contradicts ${other.path}; give one of them, or the same in both`);
  }
  merged.values.set('TargetSession', partOf(url, target));
}

function applyTls(tls: UrlTls, url: BoundValue, merged: BoundBlock, scope: Scope): void {
  const block = merged.blocks.get('Tls') ?? emptyBlock();
  const values = new Map(block.values);
  for (const [name, text] of tls) {
    const rule = rulesOf(TlsSettings).get(name)!;
    const value = coerce(rule, text instanceof Secret ? text.reveal() : text, scope.folder);
    const other = values.get(name);
    if (other !== undefined && !other.failed && !isSame(other.value, value)) {
      scope.problems.add(url.path, `contradicts ${other.path}; give one of them, or the same in both`);
    }
    values.set(name, partOf(url, value));
  }
  merged.blocks.set('Tls', { ...block, values });
}

function isSame(a: unknown, b: unknown): boolean {
  return a instanceof Secret && b instanceof Secret ? a.reveal() === b.reveal() : a === b;
}
