// A server behind a cable that can be pulled: a network namespace with a relay in it, and a pair of interfaces. Linux, root.
// A proxy in this process cannot do it: whatever it does, this kernel answers for it.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FaultProxy, type ProxyTarget } from '../proxy/fault-proxy.js';
import { NotRun } from '../scenarios/scenario.js';

const run = promisify(execFile);
const ip = (...args: string[]): Promise<unknown> => run('ip', args);
/** Built, also where a test runs the sources. */
const RELAY = fileURLToPath(new URL('../../dist/runner/relay-process.js', import.meta.url));

/** Two addresses that nobody here has: another run, or what a killed one left, would answer in our place. */
function freeAddresses(): [near: string, far: string] {
  const taken = new Set(
    Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []),
  );
  for (let n = 0; n < 256 * 64; n++) {
    const block = (process.pid + n) % (256 * 64);
    const address = (host: number): string => `10.199.${block >> 6}.${(block & 63) * 4 + host}`;
    if (!taken.has(address(1))) return [address(1), address(2)];
  }
  throw new NotRun('10.199.0.0/16 is in use');
}

export interface FarNetwork {
  readonly host: string;
  readonly port: number;
  /** Pulls the cable at the far end: packets go out and nobody answers, not even with an error. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

export async function openFarNetwork(server: ProxyTarget): Promise<FarNetwork> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new NotRun('a network namespace needs root on Linux');
  const name = `hyd${process.pid}`;
  const [nearAddress, farAddress] = freeAddresses();
  const [near, far] = [`${name}a`, `${name}b`];
  let back: FaultProxy | undefined;
  let relay: ChildProcess | undefined;
  const close = async (): Promise<void> => {
    relay?.kill('SIGKILL');
    await back?.close();
    await ip('netns', 'del', name).catch(() => {}); // takes the interfaces along
  };
  try {
    await ip('netns', 'add', name);
    await ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name);
    await ip('addr', 'add', `${nearAddress}/30`, 'dev', near);
    await ip('link', 'set', near, 'up');
    await ip('-n', name, 'addr', 'add', `${farAddress}/30`, 'dev', far);
    await ip('-n', name, 'link', 'set', far, 'up');
    back = await FaultProxy.start(server, nearAddress);
  } catch (error) {
    await close();
    throw new NotRun(`no network namespace: ${(error as Error).message.trim().split('\n', 1)[0]}`);
  }
  relay = spawn('ip', ['netns', 'exec', name, process.execPath, RELAY, farAddress, nearAddress, String(back.port)], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [line] = (await Promise.race([once(relay.stdout as NodeJS.ReadableStream, 'data'), once(relay, 'close')])) as [
    unknown,
  ];
  const port = Number(String(line).trim());
  if (!(port > 0)) {
    await close();
    throw new Error('the relay did not start');
  }
  return {
    host: farAddress,
    port,
    down: async () => void (await ip('-n', name, 'link', 'set', far, 'down')),
    up: async () => void (await ip('-n', name, 'link', 'set', far, 'up')),
    close,
  };
}
