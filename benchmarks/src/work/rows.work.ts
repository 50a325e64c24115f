// Results of many rows: 1,000 as objects with every field read; 100,000 as objects, or in the ways that make none.
import { closedLoop, type Operation } from '../contestant/closed-loop.js';
import { rowsOfColumns, rowsOfJson } from '../contestant/same.js';
import type { Work, WorkFactory } from '../contestant/work.js';
import { ITEMS, ROWS_1000, ROWS_100K } from '../data.js';
import { NotAvailable, type Driver, type OurDatabase, type Row } from '../drivers/driver.js';

export const thousandRowsWork: WorkFactory = ({ driver, spec }) => {
  const ask = (from: number) => driver.rows(ROWS_1000, [from]);
  const operation: Operation = async (caller, turn) =>
    readEveryField(await ask(((caller * 13 + turn * 7) % (ITEMS / 1000)) * 1000));
  return {
    check: () => ask(0),
    once: (turn) => operation(0, turn),
    round: (ms) => closedLoop(operation, spec.concurrency, ms),
  };
};

/** A sum over all ten, so that no reading can be left out. */
function readEveryField(rows: readonly Row[]): number {
  let sum = 0;
  for (const row of rows) {
    sum += (row['id'] as number) + (row['score'] as number) + (row['flag'] === true ? 1 : 0);
    sum += (row['big'] as string).length + (row['amount'] as string).length + (row['name'] as string).length;
    sum += ((row['note'] as string | null) ?? '').length + (row['key'] as string).length;
    sum += (row['created'] as Date).getTime() + (row['doc'] as { n: number }).n;
  }
  return sum;
}

export const allRowsWork: WorkFactory = ({ driver, spec, contestant }) => {
  const { check, ask } = ways(contestant.way ?? 'objects', driver);
  return { check, once: ask, round: (ms) => closedLoop(ask, spec.concurrency, ms) };
};

const PARAMS: readonly unknown[] = [0];

interface Way {
  readonly check: NonNullable<Work['check']>;
  readonly ask: () => Promise<number>;
}

function ways(way: string, driver: Driver): Way {
  if (way === 'columns') return columnsWay(available(driver, 'columns'));
  if (way === 'json') return jsonWay(available(driver, 'json'));
  if (way === 'stream') return streamWay(available(driver, 'stream'));
  const ask = () => driver.rows(ROWS_100K, PARAMS);
  return { check: ask, ask: async () => (await ask()).length };
}

/** @throws NotAvailable */
export function available<K extends keyof OurDatabase>(
  { ours }: Driver,
  method: K,
): OurDatabase & Required<Pick<OurDatabase, K>> {
  if (!ours?.[method]) throw new NotAvailable(`db.${method}: not available in this build`);
  return ours as OurDatabase & Required<Pick<OurDatabase, K>>;
}

function columnsWay(db: Required<Pick<OurDatabase, 'columns'>>): Way {
  return {
    check: async () => rowsOfColumns(await db.columns(ROWS_100K.text, PARAMS)),
    // What columns are for: the numbers are read, all of them, and what nobody asks for is not decoded.
    ask: async () => {
      const { columns } = await db.columns(ROWS_100K.text, PARAMS);
      let sum = 0;
      for (const column of columns) if (!column.lazy) sum += sumOf(column.values);
      return sum;
    },
  };
}

function sumOf(values: ArrayLike<unknown>): number {
  let sum = 0;
  for (let row = 0; row < values.length; row++) sum += Number(values[row]);
  return sum;
}

function jsonWay(db: Required<Pick<OurDatabase, 'json'>>): Way {
  return {
    async check() {
      const parts: Uint8Array[] = [];
      for await (const chunk of (await db.json(ROWS_100K.text, PARAMS)).chunks) parts.push(chunk);
      return rowsOfJson(Buffer.concat(parts).toString());
    },
    async ask() {
      let bytes = 0;
      for await (const chunk of (await db.json(ROWS_100K.text, PARAMS)).chunks) bytes += chunk.byteLength;
      return bytes;
    },
  };
}

function streamWay(db: Required<Pick<OurDatabase, 'stream'>>): Way {
  return {
    async check() {
      const rows: Row[] = [];
      for await (const row of db.stream(ROWS_100K.text, PARAMS)) rows.push(row);
      return rows;
    },
    async ask() {
      let count = 0;
      for await (const row of db.stream(ROWS_100K.text, PARAMS)) count += row === undefined ? 0 : 1;
      return count;
    },
  };
}
