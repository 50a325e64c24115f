// The built service as a process of its own, in a folder of its own: what somebody who types `npm start` gets.
// Whatever is started here is registered and ended by `endAllServices()`, also when a test fails.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import { endProcess, processesOf } from './processes.js';

const MAIN = fileURLToPath(new URL('../../apps/hydrogen/dist/main.js', import.meta.url));
const CONFIGURATION = fileURLToPath(new URL('../../hydrogen.json', import.meta.url));
/** Nothing of this process but what a program needs to run: none of the twenty variables, no NODE_OPTIONS of Jest's. */
const PLAIN = Object.fromEntries(
  ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
);

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined when it isn't JSON. */
  readonly json: unknown;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Milliseconds since the process was started. */
  readonly afterMs: number;
}

const services = new Set<ServiceProcess>();
const folders = new Set<string>();

/** An empty folder with a copy of hydrogen.json, which every system user can walk through. */
export async function makeServiceFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'hydrogen-e2e-')));
  folders.add(folder);
  await chmod(folder, 0o755);
  await copyFile(CONFIGURATION, join(folder, 'hydrogen.json'));
  return folder;
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts the service on a free port and doesn't wait for it. `env` comes on top of next to nothing. */
export async function startService(folder: string, env: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = new ServiceProcess(folder, { PORT: String(await freePort()), ...env });
  services.add(service);
  return service;
}

/** Kills what still runs, the PostgreSQL of each folder as well. */
export async function endAllServices(): Promise<void> {
  for (const service of services) await service.kill();
  services.clear();
}

/** The same, and removes the folders. */
export async function removeServiceFolders(): Promise<void> {
  await endAllServices();
  for (const folder of folders) {
    for (const pid of await processesOf(folder)) await endProcess(pid);
    await rm(folder, { recursive: true, force: true });
  }
  folders.clear();
}

export class ServiceProcess {
  readonly url: string;
  readonly exited: Promise<Exit>;
  /** Bodies of all answers so far, but for the large ones. */
  readonly bodies: string[] = [];
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #startedAt = performance.now();

  constructor(cwd: string, env: Record<string, string>) {
    this.url = `http://127.0.0.1:${env['PORT']}`;
    this.#child = spawn(process.execPath, [MAIN], {
      cwd,
      env: { ...PLAIN, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    // 'close', not 'exit': by then everything it said has arrived.
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal, afterMs: this.#age() }));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Everything it printed, error output last. */
  get log(): string {
    return this.stdout + this.stderr;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves when `/health` answers 200. @returns milliseconds since the process was started */
  async healthy(withinMs: number): Promise<number> {
    await eventually(withinMs, async () => {
      if (this.hasEnded) throw new Error(`the service has ended:\n${this.log}`);
      return (await this.ask('GET', '/health').catch(() => undefined))?.status === 200;
    });
    return this.#age();
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const init = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: asText(body) };
    const response = await fetch(this.url + path, { method, ...init });
    const text = await response.text();
    if (text.length < 1_000_000) this.bodies.push(text);
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, headers: response.headers, text, json: parsed(type, text) };
  }

  get(path: string): Promise<Answer> {
    return this.ask('GET', path);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Sends SIGTERM and waits for the end. @returns how it ended; `afterMs` counts from the signal */
  async terminate(): Promise<Exit> {
    const signalledAt = this.#age();
    this.signal('SIGTERM');
    const exit = await this.exited;
    return { ...exit, afterMs: exit.afterMs - signalledAt };
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }

  #age(): number {
    return performance.now() - this.#startedAt;
  }
}

/** The passwords that the service's own PostgreSQL in this folder uses, its superuser's first. */
export async function secretsOf(folder: string, passwordsOf: (secret: string) => readonly string[]): Promise<string[]> {
  const own = join(folder, '.hydrogen');
  const [superuser, secret] = await Promise.all(
    [join(own, 'postgres', 'cluster', 'superuser-password'), join(own, 'role-secret')].map(async (file) =>
      (await readFile(file, 'utf8')).trim(),
    ),
  );
  return [superuser ?? '', secret ?? '', ...passwordsOf(secret ?? '')];
}

const asText = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));

function parsed(type: string, text: string): unknown {
  if (!/[/+]json\b/.test(type)) return undefined;
  return JSON.parse(text) as unknown;
}
