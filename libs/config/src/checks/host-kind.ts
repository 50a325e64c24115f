// Does traffic to a host leave this machine? Decides the default of `Tls.Mode` only.
import { BlockList, isIP } from 'node:net';
import type { ConnectionSettings } from '../settings/connection.settings.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** `localhost`, 127.0.0.0/8 or ::1. Other names may resolve to anything, so they are not looked up. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** Of all servers of a connection. */
export function hostNames({ Host, Hosts }: ConnectionSettings): readonly string[] {
  return Hosts?.map((each) => each.Host) ?? [Host];
}

/** The folder of a unix socket. */
export function isUnixSocket(host: string): boolean {
  return host.startsWith('/');
}
