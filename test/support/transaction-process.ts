// Starts test/support/transaction-process.js and tells what it says.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DatabasesConfig } from '@hydrogen/config';
import { eventually } from './eventually.js';

const PROGRAM = fileURLToPath(new URL('transaction-process.js', import.meta.url));

export interface TransactionTask {
  readonly databases: DatabasesConfig;
  /** The transaction's first, and its last. */
  readonly statement: string;
  /** How long it takes from there: in a second statement, or in none. */
  readonly sleepMs: number;
  readonly idle: boolean;
  /** process.exit(3) as soon as it is open. */
  readonly exit?: boolean;
}

export class TransactionProcess {
  readonly #child: ChildProcess;
  #said = '';
  readonly #ended: Promise<{ code: number | null; signal: string | null }>;

  private constructor(task: TransactionTask) {
    this.#child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  /** Resolves when its transaction is open. Whoever starts one ends it. */
  static async start(task: TransactionTask): Promise<TransactionProcess> {
    const started = new TransactionProcess(task);
    await eventually(15_000, () => started.lines.includes('open'));
    return started;
  }

  get lines(): readonly string[] {
    return this.#said.split('\n').filter((line) => line !== '');
  }

  get ended(): Promise<{ code: number | null; signal: string | null }> {
    return this.#ended;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
