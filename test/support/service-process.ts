// The built service as a process of its own, in a folder of its own: what somebody who types `npm start` gets.
// Whatever is started here is kept in mind and ended by `endServices()`, also when a test fails.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import { endProcessesOf } from './processes.js';

const MAIN = fileURLToPath(new URL('../../apps/hydrogen/dist/main.js', import.meta.url));
const CONFIGURATION = fileURLToPath(new URL('../../hydrogen.json', import.meta.url));
/** Nothing of this process but what a program needs to run: none of the twenty variables, no NODE_OPTIONS of Jest's. */
const PLAIN: Record<string, string> = Object.fromEntries(
  ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);
/** Longer bodies are not kept. */
const KEPT_BODY = 1_000_000;

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
  /** Milliseconds since the process was started, or since it was told to end. */
  readonly afterMs: number;
}

const services = new Set<ServiceProcess>();
const folders = new Set<string>();

/** A folder with a copy of hydrogen.json and nothing else; `more` goes into its `Databases` block. */
export async function makeServiceFolder(more: Record<string, unknown> = {}): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'hydrogen-e2e-')));
  folders.add(folder);
  await chmod(folder, 0o755); // PostgreSQL's system user has to walk through it
  const { Databases } = JSON.parse(await readFile(CONFIGURATION, 'utf8')) as { Databases: Record<string, unknown> };
  await writeFile(join(folder, 'hydrogen.json'), JSON.stringify({ Databases: { ...Databases, ...more } }));
  return folder;
}

/** Starts the service and doesn't wait for it. `env` comes on top of next to nothing; without a PORT in it any free one is taken. */
export function startService(folder: string, env: Readonly<Record<string, string>> = {}): ServiceProcess {
  // 0, not a free port looked for here: others would take that one while the service starts.
  const service = new ServiceProcess(folder, { PORT: '0', ...env });
  services.add(service);
  return service;
}

/** Kills the services that still run, then the PostgreSQL of each folder, and removes the folders. */
export async function endServices(): Promise<void> {
  await Promise.all([...services].map((service) => service.kill()));
  services.clear();
  for (const folder of folders) {
    await endProcessesOf(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  folders.clear();
}

export class ServiceProcess {
  /** Bodies of all answers so far, but for the large ones. */
  readonly bodies: string[] = [];
  stdout = '';
  stderr = '';
  readonly #exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #startedAt = performance.now();

  constructor(cwd: string, env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [MAIN], {
      cwd,
      env: { ...PLAIN, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    // 'close', not 'exit': by then everything it said has arrived.
    this.#exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal, afterMs: this.#age() }));
    });
  }

  /** Everything it printed, error output last. */
  get log(): string {
    return this.stdout + this.stderr;
  }

  /** Where it says it listens. Throws before it does. */
  get url(): string {
    const [, url] = /^Hydrogen listens on (http:\S+) /m.exec(this.stdout) ?? [];
    if (url === undefined) throw new Error(`the service doesn't listen:\n${this.log}`);
    return url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves when `/health` answers 200. @returns milliseconds since the process was started */
  async healthy(withinMs: number): Promise<number> {
    await eventually(withinMs, async () => {
      if (this.hasEnded) throw new Error(`the service has ended:\n${this.log}`);
      return (await this.get('/health').catch(() => undefined))?.status === 200;
    });
    return this.#age();
  }

  get(path: string): Promise<Answer> {
    return this.ask('GET', path);
  }

  /** A body that is a string goes as it is, anything else as JSON. */
  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const init = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: text };
    return this.#read(await fetch(this.url + path, { method, ...init }));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits for its end. One that doesn't end is killed, and an error tells so. */
  async ended(withinMs: number): Promise<Exit> {
    const late = new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new Error(`the service still runs after ${withinMs} ms`)), withinMs).unref();
    });
    try {
      return await Promise.race([this.#exited, late]);
    } finally {
      await this.kill();
    }
  }

  /** SIGTERM, and its end. @returns how it ended; `afterMs` counts from the signal */
  async terminate(withinMs: number): Promise<Exit> {
    const signalledAt = this.#age();
    this.signal('SIGTERM');
    const exit = await this.ended(withinMs);
    return { ...exit, afterMs: exit.afterMs - signalledAt };
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#exited;
  }

  async #read(response: Response): Promise<Answer> {
    const text = await response.text();
    if (text.length < KEPT_BODY) this.bodies.push(text);
    const { status, headers } = response;
    const type = headers.get('content-type') ?? '';
    const json: unknown = /[/+]json\b/.test(type) ? JSON.parse(text) : undefined;
    return { status, type, headers, text, json };
  }

  #age(): number {
    return performance.now() - this.#startedAt;
  }
}
