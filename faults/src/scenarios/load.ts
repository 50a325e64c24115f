// A load that may be run twice: reads, and upserts keyed by id. What was acknowledged is looked for at the end.
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultDriver } from '../drivers/driver.js';
import type { Lab } from '../runner/lab.js';
import { deadlineOf } from './pool.scenarios.js';

export const LOAD_TABLE = 'create table if not exists kept (id int primary key, n int not null)';
const UPSERT = 'insert into kept (id, n) values ($1, $2) on conflict (id) do update set n = excluded.n';
const READ = 'select $1::int as n, pg_sleep(0.001)';
/** A caller that was refused does not spin. */
const PAUSE_MS = 5;
const GIVE_UP_MS = 8_000;

export class Load {
  readonly #lab: Lab;
  readonly #driver: FaultDriver;
  readonly #acknowledged = new Map<number, number>();
  /** Answers that were another call's. */
  mixed = 0;
  #over = false;
  #callers: Promise<void>[] = [];

  constructor(lab: Lab, driver: FaultDriver) {
    this.#lab = lab;
    this.#driver = driver;
  }

  start(callers: number): void {
    this.#callers = Array.from({ length: callers }, (_, caller) => this.#caller(caller));
  }

  /** @returns what was acknowledged and is not there */
  async stop(): Promise<{ lost: number; mixed: number }> {
    this.#over = true;
    await Promise.race([Promise.all(this.#callers), sleep(GIVE_UP_MS, undefined, { ref: false })]);
    const rows = await this.#lab.admin('select id, n from kept');
    const stored = new Map(rows.map(({ id, n }) => [id as number, n as number]));
    // A later try of the same caller may have been stored without an answer.
    const lost = [...this.#acknowledged].filter(([id, n]) => (stored.get(id) ?? -1) < n).length;
    return { lost, mixed: this.mixed };
  }

  async #caller(caller: number): Promise<void> {
    for (let n = 0; !this.#over; n++) {
      const writes = n % 4 === 0;
      const rows = await this.#lab.tally.call(
        async () =>
          writes
            ? this.#driver.write(UPSERT, [caller, n], { retrySafe: true })
            : this.#driver.query(READ, [n], { retrySafe: true }),
        deadlineOf(this.#lab),
      );
      if (rows === undefined) await sleep(PAUSE_MS);
      else if (writes) this.#acknowledged.set(caller, n);
      else if (rows[0]?.['n'] !== n) this.mixed += 1;
    }
  }
}
