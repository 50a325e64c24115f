// Everything that a service does with a database, at once and without end, with each answer checked against what was asked.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@hydrogen/database';
import { codeOf } from '../runner/tally.js';

export const SOAK_TABLES: readonly string[] = [
  'create table kept (id int primary key, n int not null)',
  'insert into kept select i, 0 from generate_series(0, 999) as i',
];

/** A call that is open for longer hangs: the longest default is 60 s for a transaction. */
const HUNG_MS = 65_000;
const PAUSE_MS = 10;
const STREAM_ROWS = 2_000;

interface Work {
  readonly name: string;
  /** @returns false when the answer is not what was asked for */
  run(db: Database, n: number): Promise<boolean>;
}

const WORKS: readonly Work[] = [
  {
    name: 'read',
    run: async (db, n) => (await db.one('select $1::int as n, md5($1::text) as t', [n]))['n'] === n,
  },
  {
    name: 'write',
    run: async (db, n) => {
      const { rows } = await db.query('update kept set n = $2 where id = $1 returning n', [n % 1_000, n]);
      return rows.length === 1 && rows[0]?.['n'] === n;
    },
  },
  {
    name: 'transaction',
    run: (db, n) =>
      db.transaction(async (tx) => {
        await tx.query('update kept set n = n + 1 where id = $1', [n % 1_000]);
        return (await tx.one('select $1::int as n', [n]))['n'] === n;
      }),
  },
  {
    name: 'stream',
    run: async (db) => {
      let [count, sum] = [0, 0];
      for await (const row of db.stream<{ i: number }>('select i from generate_series(1, $1::int) as i', [
        STREAM_ROWS,
      ])) {
        count += 1;
        sum += row.i;
      }
      return count === STREAM_ROWS && sum === (STREAM_ROWS * (STREAM_ROWS + 1)) / 2;
    },
  },
  {
    name: 'batch',
    run: async (db, n) => {
      const [first, second] = await db.batch([
        ['select $1::int as n', [n]],
        ['select $1::int as n', [n + 1]],
      ]);
      return first?.rows[0]?.['n'] === n && second?.rows[0]?.['n'] === n + 1;
    },
  },
];

export class MixedLoad {
  readonly errors = new Map<string, number>();
  ok = 0;
  wrong = 0;
  notifications = 0;
  readonly #open = new Map<symbol, number>();
  #over = false;
  #paused = false;

  /** Two callers for each kind of work, one listener that is told every second. */
  start(db: Database): void {
    for (const work of WORKS) for (let caller = 0; caller < 2; caller++) void this.#caller(db, work, caller);
    void this.#listener(db);
  }

  stop(): void {
    this.#over = true;
  }

  /** Begins nothing new until `resume`. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  /** Calls that are open for longer than any deadline. */
  get hung(): number {
    const now = performance.now();
    return [...this.#open.values()].filter((since) => now - since > HUNG_MS).length;
  }

  get open(): number {
    return this.#open.size;
  }

  async #caller(db: Database, work: Work, caller: number): Promise<void> {
    for (let n = caller; !this.#over; n += 2) {
      const right = await this.#call(work.name, () => work.run(db, n));
      if (right === false) this.wrong += 1;
      await sleep(PAUSE_MS);
      await this.#whilePaused();
    }
  }

  async #listener(db: Database): Promise<void> {
    let subscription: { close(): Promise<void> } | undefined;
    while (!this.#over) {
      subscription ??= await this.#call('listen', () => db.listen('soak', () => void (this.notifications += 1)));
      await this.#call('notify', () => db.notify('soak', 'x'));
      await sleep(1_000);
      await this.#whilePaused();
    }
    await subscription?.close();
  }

  async #whilePaused(): Promise<void> {
    while (this.#paused && !this.#over) await sleep(PAUSE_MS);
  }

  async #call<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
    const id = Symbol(name);
    this.#open.set(id, performance.now());
    try {
      const result = await work();
      this.ok += 1;
      return result;
    } catch (error) {
      const code = codeOf(error);
      this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
      return undefined;
    } finally {
      this.#open.delete(id);
    }
  }
}
