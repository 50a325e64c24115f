// One small statement: tiny, a lookup by primary key, an insert that returns.
import { closedLoop, type Operation } from '../contestant/closed-loop.js';
import type { Work, WorkFactory, WorkSetup } from '../contestant/work.js';
import { INSERT, ITEMS, LOOKUP, TINY } from '../data.js';
import type { Query, Row } from '../drivers/driver.js';

/** Far from each other, so that neighbours do not ask for the same page. */
const STRIDE = 7919;
const CHECKED = [1, 7, 42, 1001, ITEMS];

const spread = (caller: number, turn: number): number => 1 + ((caller * 104_729 + turn * STRIDE) % ITEMS);

function statementWork(
  { driver, spec }: WorkSetup,
  query: Query,
  params: (item: number) => readonly unknown[],
  comparable: (row: Row) => Row = (row) => row,
): Work {
  const operation: Operation = (caller, turn) => driver.rows(query, params(spread(caller, turn)));
  return {
    async check() {
      const results = [];
      for (const item of CHECKED) results.push(await driver.rows(query, params(item)));
      return results.flat().map(comparable);
    },
    once: (turn) => operation(0, turn),
    round: (ms) => closedLoop(operation, spec.concurrency, ms),
  };
}

export const tinyWork: WorkFactory = (setup) => statementWork(setup, TINY, (item) => [item]);

export const lookupWork: WorkFactory = (setup) => statementWork(setup, LOOKUP, (item) => [item]);

export const insertWork: WorkFactory = (setup) =>
  // The id counts what all contestants have inserted so far.
  statementWork(
    setup,
    INSERT,
    (item) => [item, `entry of ${item}`],
    ({ label }) => ({ label }),
  );
