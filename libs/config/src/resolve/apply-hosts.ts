// `Hosts` in the place of `Host`: the first of them stands where one name is asked for. Both of one connection at once are
// an error; what is inherited gives way to what is its own, and a Url (apply-url) to neither.
import type { ConnectionSettings } from '../settings/connection.settings.js';
import type { HostSettings } from '../settings/host.settings.js';
import type { BoundBlock } from './bound.js';
import type { Scope } from './scope.js';

/**
 * @param own the keys of the connection itself
 * @param merged the same over Defaults; changed in place
 */
export function applyHosts(own: BoundBlock, merged: BoundBlock, scope: Scope): void {
  const hosts = merged.values.get('Hosts');
  if (hosts === undefined || own.values.has('Url')) return;
  const mine = own.values.has('Hosts');
  if (own.values.has('Host') && !mine) return void merged.values.delete('Hosts');
  if (mine ? own.values.has('Host') : merged.values.has('Host')) {
    scope.problems.add(hosts.path, 'cannot stand beside Host; give one or the other');
  }
  const [first] = hosts.failed ? [] : (hosts.value as readonly HostSettings[]);
  // Marked as reported without one: with broken Hosts nobody needs to hear that Host is required.
  merged.values.set('Host', first?.Host ? { ...hosts, value: first.Host } : { ...hosts, failed: true });
}

/** Each host with its port; the connection's own is the first one's. */
export function fillHosts(settings: ConnectionSettings, bound: BoundBlock): void {
  const hosts = settings.Hosts?.map(
    (host) =>
      Object.assign(Object.create(Object.getPrototypeOf(host)), host, {
        Port: host.Port ?? settings.Port,
      }) as HostSettings,
  );
  if (hosts === undefined) return;
  Object.assign(settings, { Hosts: hosts, Port: hosts[0]?.Port ?? settings.Port });
  if (hosts.length > 1 && !bound.values.has('TargetSession')) Object.assign(settings, { TargetSession: 'read-write' });
}
