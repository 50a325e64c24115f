// Money that must not be made and must not vanish: transfers between accounts, each with an id of its own that is written into a
// ledger by the same transaction. So what was done twice, and what was said to be done and is not, can be counted exactly.
// It knows no driver's retries: whoever calls `transfer` says how the transaction is run.
import { randomInt } from 'node:crypto';
import type { Row, Run } from '../drivers/driver.js';

/** Few enough that callers meet. */
const ACCOUNTS = 32;
const OPENING_BALANCE = 1_000;
/** One transfer of so many takes its accounts in the order of the payment, not of their ids: two of them deadlock now and then. */
const UNORDERED_EACH = 12;

export const BANK_TABLES = [
  'create table accounts (id int primary key, balance bigint not null)',
  // No unique key: a transfer that is done twice shall be seen, not refused.
  'create table ledger (transfer bigint not null, source int not null, target int not null, amount bigint not null)',
  `insert into accounts select id, ${OPENING_BALANCE} from generate_series(1, ${ACCOUNTS}) as id`,
];

const LOCK = 'select balance from accounts where id = $1 for update';
const ADD = 'update accounts set balance = balance + $2::bigint where id = $1 returning balance';
const NOTE = 'insert into ledger (transfer, source, target, amount) values ($1::bigint, $2::int, $3::int, $4::bigint)';

export interface Transfer {
  readonly id: number;
  readonly source: number;
  readonly target: number;
  readonly amount: number;
}

/** What a caller was told of a transfer. failed: that it did not happen. error: anything else that is not `done`. */
export type Told = 'done' | 'failed' | 'unknown' | 'error';

export interface Audit {
  /** Told to be done, and not in the ledger. */
  readonly lost: number;
  /** In the ledger more than once. */
  readonly doubled: number;
  /** Told not to have happened, and in the ledger. */
  readonly denied: number;
  /** Accounts whose balance is not what the ledger makes of it. */
  readonly unbalanced: number;
  /** Beyond the sum that there was at the opening; 0 = conserved. */
  readonly made: number;
}

export function nextTransfer(id: number): Transfer {
  const source = randomInt(1, ACCOUNTS + 1);
  const target = 1 + ((source + randomInt(0, ACCOUNTS - 1)) % ACCOUNTS);
  return { id, source, target, amount: randomInt(1, 10) };
}

/** The four statements between BEGIN and COMMIT. */
export async function transfer(run: Run, { id, source, target, amount }: Transfer): Promise<void> {
  const inOrder = source < target || id % UNORDERED_EACH === 0;
  await run(LOCK, [inOrder ? source : target]);
  if (inOrder) {
    await run(ADD, [source, -amount]);
    await run(ADD, [target, amount]);
  } else {
    await run(ADD, [target, amount]);
    await run(ADD, [source, -amount]);
  }
  await run(NOTE, [id, source, target, amount]);
}

/** @param read sees the database after the last transfer has ended, past every fault */
export async function audit(
  read: (sql: string) => Promise<readonly Row[]>,
  told: ReadonlyMap<number, Told>,
): Promise<Audit> {
  const entries = await read('select transfer::float8, source, target, amount::float8 from ledger');
  const accounts = await read('select id, balance::float8 from accounts');
  const times = new Map<number, number>();
  const expected = new Map<unknown, number>(accounts.map(({ id }) => [id, OPENING_BALANCE]));
  for (const { transfer: id, source, target, amount } of entries) {
    times.set(id as number, (times.get(id as number) ?? 0) + 1);
    expected.set(source, (expected.get(source) ?? 0) - (amount as number));
    expected.set(target, (expected.get(target) ?? 0) + (amount as number));
  }
  const count = (what: Told, wrong: (entries: number) => boolean): number =>
    [...told].filter(([id, each]) => each === what && wrong(times.get(id) ?? 0)).length;
  return {
    lost: count('done', (n) => n === 0),
    doubled: [...times.values()].filter((n) => n > 1).length,
    denied: count('failed', (n) => n > 0),
    unbalanced: accounts.filter(({ id, balance }) => balance !== expected.get(id)).length,
    made: accounts.reduce((sum, { balance }) => sum + (balance as number), 0) - ACCOUNTS * OPENING_BALANCE,
  };
}
