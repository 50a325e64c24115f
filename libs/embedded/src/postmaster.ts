// Starts and stops one postmaster, and waits until it is so. A process group of its own: Ctrl-C in the terminal and
// signals to this process never reach it, so it outlives the service's own shutdown. Must not open connections.
import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.js';
import type { Cluster } from './cluster.js';
import { EmbeddedServerError } from './embedded.error.js';
import type { StopMode } from './embedded-options.js';
import { readPostmasterPid } from './postmaster-pid.js';
import { isErrno } from './errno.js';
import { SERVER_ENVIRONMENT } from './server-environment.js';
import { processStamp } from './system-process.js';

/** Crash recovery of a large cluster takes its time; a start without it needs 0.2 s. */
export const START_TIMEOUT_MS = 60_000;
const POLL_MS = 10;
const LOG_LIMIT_BYTES = 10_000_000;

export interface LaunchOptions {
  readonly binaries: Binaries;
  readonly cluster: Cluster;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** `port-busy` and `in-use` (another postmaster has the data by now) are for the caller to answer; the rest throws. */
export type LaunchResult = { readonly pid: number } | 'port-busy' | 'in-use';

/** Resolves when the server accepts connections. Throws `EMBEDDED_START_FAILED` with the end of its log. */
export async function launch(options: LaunchOptions): Promise<LaunchResult> {
  const { binaries, cluster, port, settings, logFile } = options;
  const log = await openLog(logFile);
  const start = (await log.stat()).size;
  const fixed = { listen_addresses: '127.0.0.1', unix_socket_directories: '', log_destination: 'stderr' };
  const flags = Object.entries({ ...fixed, ...settings }).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  let ended: string | undefined;
  const child = spawn(binaries.postgres, ['-D', cluster.dataFolder, '-p', String(port), ...flags], {
    ...cluster.user,
    cwd: '/',
    env: SERVER_ENVIRONMENT,
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  child.on('error', (error) => (ended = error.message));
  child.on('exit', (code, signal) => (ended = signal ?? `code ${code}`));
  child.unref();
  await log.close();

  const deadline = performance.now() + START_TIMEOUT_MS;
  while (ended === undefined) {
    const found = await readPostmasterPid(cluster.dataFolder);
    if (found && found.pid === child.pid && found.status === 'ready') return { pid: found.pid };
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      ended = `not ready after ${START_TIMEOUT_MS / 1000} s`;
    } else await sleep(POLL_MS);
  }
  const words = (await readFile(logFile)).subarray(start).toString();
  if (words.includes('could not bind') || words.includes('could not create any TCP/IP sockets')) return 'port-busy';
  // Empty: another one has made it this very moment, and is about to write its name there.
  if (/lock file "postmaster\.pid" (?:already exists|is empty)/.test(words)) return 'in-use';
  throw new EmbeddedServerError('EMBEDDED_START_FAILED', `PostgreSQL ended (${ended})\n${words.trim().slice(-2000)}`);
}

/**
 * Signals the postmaster and resolves when it is gone. `fast` that lasts over 10 s becomes `immediate`, and that over
 * 5 s a kill; then throws `EMBEDDED_STOP_FAILED`.
 */
export async function stopPostmaster(pid: number, mode: StopMode): Promise<void> {
  const stamp = await processStamp(pid);
  const ways: [NodeJS.Signals, number][] = [
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ];
  if (mode === 'fast') ways.unshift(['SIGINT', 10_000]);
  for (const [signal, patienceMs] of ways) {
    const deadline = performance.now() + patienceMs;
    signalSafely(pid, signal);
    do {
      const now = await processStamp(pid);
      if (now === undefined || now !== stamp) return;
      await sleep(POLL_MS);
    } while (performance.now() < deadline);
  }
  throw new EmbeddedServerError('EMBEDDED_STOP_FAILED', `PostgreSQL (process ${pid}) does not end`);
}

/** A process that is gone already is what was wanted. */
export function signalSafely(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

async function openLog(file: string) {
  await mkdir(dirname(file), { recursive: true });
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) await rename(file, `${file}.1`);
  return open(file, 'a', 0o600);
}
