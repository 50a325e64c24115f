// The fault proxy of faults/ for tests that need one fault at a time, by its name.
import { connect } from 'node:net';
import { FaultProxy } from '../../faults/src/proxy/fault-proxy.js';
import type { Toxic } from '../../faults/src/proxy/toxic.js';
import { blackHole, lateCancel, resetOnAccept, sayInstead } from '../../faults/src/proxy/toxics.js';

export type Mode = 'pass' | 'black-hole' | 'refuse' | 'nonsense' | 'late-cancel';

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /**
   * pass; black-hole (nothing comes through any more, nothing is closed); refuse (new connections are reset);
   * nonsense (the next bytes to the client are a message that no server may send); late-cancel (a CancelRequest arrives
   * CANCEL_DELAY_MS later, whether its sender still waits or not).
   */
  set(mode: Mode): void;
  /** Resets every connection now (RST). */
  resetAll(): void;
  close(): Promise<void>;
}

/** A DataRow of 65,535 fields and no bytes: node-postgres' parser throws on it, outside of anybody's promise. */
const NONSENSE = Buffer.from([0x44, 0, 0, 0, 6, 0xff, 0xff]);

export const CANCEL_DELAY_MS = 2_500;

export async function startProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const proxy = await FaultProxy.start(target);
  const toxics: Record<Exclude<Mode, 'pass'>, () => Toxic> = {
    'black-hole': blackHole,
    refuse: resetOnAccept,
    nonsense: () => sayInstead(NONSENSE),
    'late-cancel': () => lateCancel(CANCEL_DELAY_MS, (bytes) => connect(target.port, target.host).end(bytes)),
  };
  let toxic: Toxic | undefined;
  return {
    host: proxy.host,
    port: proxy.port,
    set: (mode) => {
      if (toxic) proxy.remove(toxic);
      toxic = mode === 'pass' ? undefined : proxy.add(toxics[mode]());
    },
    resetAll: () => proxy.resetAll(),
    close: () => proxy.close(),
  };
}
