// A transaction of three statements: read a balance, change it, write it down. Statement by statement, as code with ifs
// in it must; by calls on the database itself, which find the transaction (way `ambient`); or all at once (way `batch`).
import { closedLoop, type Operation } from '../contestant/closed-loop.js';
import type { WorkFactory } from '../contestant/work.js';
import { ACCOUNTS, BALANCE, DEPOSIT, LEDGER } from '../data.js';
import { NotAvailable, type Driver } from '../drivers/driver.js';

export const transactionWork: WorkFactory = ({ driver, spec, contestant }) => {
  const each = Math.floor(ACCOUNTS / spec.concurrency);
  const transact =
    contestant.way === 'batch' ? batched(driver) : contestant.way === 'ambient' ? ambient(driver) : interactive(driver);
  // Accounts of its own for each caller: what is measured is the way there and back, not the wait for a lock.
  const operation: Operation = (caller, turn) => transact(caller * each + (turn % each));
  return {
    async check() {
      const account = ACCOUNTS - 1;
      const balance = async () => BigInt(String((await driver.rows(BALANCE, [account]))[0]?.['balance']));
      const before = await balance();
      await transact(account);
      return [{ added: String((await balance()) - before) }];
    },
    once: (turn) => operation(0, turn),
    round: (ms) => closedLoop(operation, spec.concurrency, ms),
  };
};

const interactive = (driver: Driver) => (account: number) =>
  driver.transaction(async (run) => {
    await run(BALANCE, [account]);
    await run(DEPOSIT, [account, 5]);
    await run(LEDGER, [account, 'deposit']);
  });

/** As a repository does that knows nothing of transactions. */
const ambient = (driver: Driver) => (account: number) =>
  driver.transaction(async () => {
    await driver.rows(BALANCE, [account]);
    await driver.rows(DEPOSIT, [account, 5]);
    await driver.rows(LEDGER, [account, 'deposit']);
  });

function batched({ ours }: Driver): (account: number) => Promise<unknown> {
  if (!ours?.batch) throw new NotAvailable('db.batch: not available in this build');
  const batch = ours.batch.bind(ours);
  return (account) =>
    batch([
      [BALANCE.text, [account]],
      [DEPOSIT.text, [account, 5]],
      [LEDGER.text, [account, 'deposit']],
    ]);
}
