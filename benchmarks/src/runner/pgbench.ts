// pgbench, PostgreSQL's own client in C: what libpq can do without a line of JavaScript. Unpipelined, or 32 statements at
// a time in libpq's pipeline mode. It is looked for in PATH; where it is missing, it is left out.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONNECTIONS, type CaseSpec, type ContestantSpec, type WorkName } from '../cases/case.js';
import { ACCOUNTS, BALANCE, DEPOSIT, INSERT, ITEMS, LEDGER, LOOKUP, TINY } from '../data.js';
import { NotAvailable } from '../drivers/driver.js';
import type { Figures } from '../metrics.js';
import type { Contestant } from './contestant.js';

const PIPELINED = 32;
/** Of the clock in /proc/<pid>/stat, everywhere on Linux. */
const TICKS_PER_SECOND = 100;

/** What pgbench runs once, and how its variables are drawn. */
const SCRIPTS: Partial<Record<WorkName, { readonly draw: string; readonly run: string }>> = {
  tiny: { draw: `\\set a random(1, ${ITEMS})`, run: `${variables(TINY.text)};` },
  lookup: { draw: `\\set a random(1, ${ITEMS})`, run: `${variables(LOOKUP.text)};` },
  insert: { draw: `\\set a random(1, ${ITEMS})`, run: `${variables(INSERT.text).replace(':b', "'entry of ' || :a")};` },
  transaction: {
    // Accounts of its own for each client, as all contestants have.
    draw: `\\set a :client_id * ${ACCOUNTS / CONNECTIONS} + random(0, ${ACCOUNTS / CONNECTIONS - 1})\n\\set b 5`,
    run: ['begin', variables(BALANCE.text), variables(DEPOSIT.text), variables(LEDGER.text), 'commit', '']
      .join(';\n')
      .replace('(:a, :b)', "(:a, 'deposit')"),
  },
};

/** `$1`, `$2` as pgbench writes them. */
function variables(sql: string): string {
  return sql.replaceAll(/\$([12])/g, (_, index) => (index === '1' ? ':a' : ':b'));
}

export function pgbenchVersion(): string | undefined {
  const { status, stdout } = spawnSync('pgbench', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

export class Pgbench implements Contestant {
  #rate: number | undefined;

  private constructor(
    readonly spec: ContestantSpec,
    private readonly folder: string,
    private readonly args: readonly string[],
    private readonly clients: number,
    private readonly perTransaction: number,
  ) {}

  /** @throws NotAvailable */
  static async start(spec: ContestantSpec, of: CaseSpec, url: string): Promise<Pgbench> {
    if (pgbenchVersion() === undefined) throw new NotAvailable('pgbench is not installed');
    const script = SCRIPTS[of.work];
    if (!script) throw new NotAvailable(`pgbench has no script for ${of.work}`);
    const pipelined = spec.driver === 'pgbench-pipelined';
    const unit = `${script.draw}\n${script.run}\n`;
    const folder = await mkdtemp(join(tmpdir(), 'hydrogen-bench-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true })); // an interrupted run closes nothing
    const file = join(folder, 'script.sql');
    await writeFile(file, pipelined ? `\\startpipeline\n${unit.repeat(PIPELINED)}\\endpipeline\n` : unit);
    const args = ['-n', '-M', 'prepared', '-j', '1', '-f', file, url];
    return new Pgbench(spec, folder, args, Math.min(of.concurrency, CONNECTIONS), pipelined ? PIPELINED : 1);
  }

  check(): Promise<undefined> {
    return Promise.resolve(undefined); // it throws its rows away
  }

  countTrips(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** Its own `-T` counts whole seconds; so it is told how many transactions, by the rate of the round before. */
  async round(ms: number): Promise<Figures> {
    const before = childrensCpu();
    const output = await run([...this.#length(ms), '-c', String(this.clients), ...this.args]);
    const after = childrensCpu();
    const rate = numberIn(output, /^tps = ([\d.]+)/m) * this.perTransaction;
    this.#rate = rate;
    const units = numberIn(output, /^number of transactions actually processed: (\d+)/m) * this.perTransaction;
    const latency = this.perTransaction === 1 ? numberIn(output, /^latency average = ([\d.]+)/m) : undefined;
    return {
      rate,
      ...(latency !== undefined && { mean: latency }),
      ...(before !== undefined && after !== undefined && { clientCpu: (after - before) / units }),
    };
  }

  #length(ms: number): readonly [string, string] {
    if (this.#rate === undefined) return ['-T', '1'];
    return ['-t', String(Math.ceil((this.#rate * ms) / 1000 / this.perTransaction / this.clients))];
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

function numberIn(output: string, pattern: RegExp): number {
  const found = pattern.exec(output)?.[1];
  if (found === undefined) throw new Error(`pgbench said: ${output.trim().slice(-300)}`);
  return Number(found);
}

function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('pgbench', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`pgbench ended with ${code}: ${errors.trim().slice(-300)}`));
    });
  });
}

/** Microseconds of CPU of all children that have ended; in that second only pgbench does. */
function childrensCpu(): number | undefined {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    // Behind the name, which may hold blanks and brackets: cutime and cstime are the 14th and 15th there.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND) * 1e6;
  } catch {
    return undefined;
  }
}
