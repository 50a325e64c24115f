// Transactions for the list-append checker: appends of unique numbers to lists, and reads of lists. Every run of a transaction is
// recorded by itself, so one that is run again must not leave a trace of the runs before it.
import { randomInt } from 'node:crypto';
import type { FaultDriver, Isolation, Row, Run } from '../drivers/driver.js';
import type { Attempt, Operation } from './list-append.js';

/** Lists that are in use at a time: few, so that transactions meet. */
const LISTS = 8;
/** After so many appends a list is left for a new one: a transaction carries it whole. */
const APPENDS = 60;
const MOST_LISTS = 20_000;

export const LIST_TABLES = [
  `create table lists (id int primary key, vals int[] not null default '{}')`,
  `insert into lists (id) select id from generate_series(0, ${MOST_LISTS - 1}) as id`,
  // The planner must know that it is large: a scan of the whole table makes every two transactions conflict.
  'analyze lists',
];

const READ = `select array_to_string(vals, ',') as vals from lists where id = $1`;
/** As services do it, in two statements: an append that has not seen the one before it loses it. */
const WRITE = `update lists set vals = string_to_array($2::text, ',')::int[] where id = $1`;

type Plan = { readonly kind: 'append' | 'read'; readonly key: number };

const listOf = ({ vals }: Row): number[] => (vals === '' ? [] : String(vals).split(',').map(Number));

export class ListAppendLoad {
  readonly history: Attempt[] = [];
  readonly #driver: FaultDriver;
  readonly #isolation: Isolation;
  #appends = 0;

  constructor(driver: FaultDriver, isolation: Isolation) {
    this.#driver = driver;
    this.#isolation = isolation;
  }

  /** One transaction of 2 to 4 operations. @throws what its caller hears */
  async transaction(): Promise<void> {
    const plan = Array.from({ length: randomInt(2, 5) }, () => this.#next());
    const readOnly = plan.every(({ kind }) => kind === 'read');
    const runs: Operation[][] = [];
    try {
      await this.#driver.transaction(
        (run) => {
          const operations: Operation[] = [];
          runs.push(operations);
          return this.#perform(run, plan, operations);
        },
        { isolation: this.#isolation, readOnly },
      );
    } catch (error) {
      const { code, inDoubt } = error as { code?: unknown; inDoubt?: unknown };
      this.#note(runs, code === 'DB_COMMIT_UNKNOWN' || inDoubt === true ? 'unknown' : 'aborted');
      throw error;
    }
    this.#note(runs, 'committed');
  }

  /** When all have ended. */
  async last(read: (sql: string) => Promise<readonly Row[]>): Promise<Map<number, readonly number[]>> {
    const rows = await read(`select id, array_to_string(vals, ',') as vals from lists where id < ${this.#newest}`);
    return new Map(rows.map((row) => [row['id'] as number, listOf(row)]));
  }

  get #newest(): number {
    return LISTS * (1 + Math.floor(this.#appends / (APPENDS * LISTS)));
  }

  #next(): Plan {
    return { kind: randomInt(2) === 0 ? 'read' : 'append', key: this.#newest - 1 - randomInt(LISTS) };
  }

  async #perform(run: Run, plan: readonly Plan[], operations: Operation[]): Promise<void> {
    for (const { kind, key } of plan) {
      const [row = {}] = await run(READ, [key]);
      const values = listOf(row);
      if (kind === 'read') {
        operations.push({ kind, key, values });
        continue;
      }
      const value = ++this.#appends;
      // Before it is sent: what becomes of it may never be told.
      operations.push({ kind, key, value });
      await run(WRITE, [key, [...values, value].join()]);
    }
  }

  /** All runs but the last were undone, or they would not have been followed by another. */
  #note(runs: readonly Operation[][], end: Attempt['end']): void {
    runs.forEach((operations, at) => this.history.push({ end: at < runs.length - 1 ? 'aborted' : end, operations }));
  }
}
