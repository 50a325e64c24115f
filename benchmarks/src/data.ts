// The tables all contestants work on, and the statements they are asked. One place, so that all are asked the same.
// The types are those of a usual table, with the values that drivers get wrong: NULL, non-ASCII text, int8 beyond 2^53.
import type { Query } from './drivers/driver.js';

export const SCHEMA = 'hydrogen_bench';
export const ITEMS = 100_000;
export const ACCOUNTS = 8_000;

/** Each its own statement, in this order. */
export const CREATE: readonly string[] = [
  `drop schema if exists ${SCHEMA} cascade`,
  `create schema ${SCHEMA}`,
  `create table ${SCHEMA}.item (
     id int4 primary key, big int8 not null, score float8 not null, flag bool not null, amount numeric(12,2) not null,
     name text not null, note text, created timestamptz not null, key uuid not null, doc jsonb not null)`,
  `insert into ${SCHEMA}.item
   select i, 9007199254740993 + i, i * 1.25, i % 3 = 0, i * 0.01, 'item number ' || i,
     case when i % 7 = 0 then null else 'Größe ' || i || ' – 数据 ' || repeat('x', i % 40) end,
     timestamptz '2001-02-03 04:05:06.789+00' + i * interval '1 minute', md5(i::text)::uuid,
     jsonb_build_object('n', i, 'tags', jsonb_build_array('a', 'b'))
   from generate_series(1, ${ITEMS}) as i`,
  `create table ${SCHEMA}.entry (id bigserial primary key, account int4 not null, label text not null, made timestamptz not null default now())`,
  // Room on every page, so that updates of one row stay on it and the table does not grow in the course of a run.
  `create table ${SCHEMA}.account (id int4 primary key, balance int8 not null) with (fillfactor = 50)`,
  `insert into ${SCHEMA}.account select i, 1000 from generate_series(0, ${ACCOUNTS - 1}) as i`,
  `analyze ${SCHEMA}.item`,
  `analyze ${SCHEMA}.account`,
];

/** Before each case, so that what one leaves behind is no burden of the next. */
export const RESET: readonly string[] = [`truncate ${SCHEMA}.entry restart identity`, `vacuum ${SCHEMA}.account`];

export const DROP: readonly string[] = [`drop schema if exists ${SCHEMA} cascade`];

const query = (name: string, text: string): Query => ({ name, text });

export const TINY = query('bench_tiny', 'select $1::int4 as n');
export const LOOKUP = query('bench_lookup', `select id, name, score, flag, created from ${SCHEMA}.item where id = $1`);
export const INSERT = query(
  'bench_insert',
  `insert into ${SCHEMA}.entry (account, label) values ($1, $2) returning id, label`,
);
export const BALANCE = query('bench_balance', `select balance from ${SCHEMA}.account where id = $1`);
export const DEPOSIT = query('bench_deposit', `update ${SCHEMA}.account set balance = balance + $2 where id = $1`);
export const LEDGER = query('bench_ledger', `insert into ${SCHEMA}.entry (account, label) values ($1, $2)`);
export const SLEEP = query('bench_sleep', 'select pg_sleep(0.05)');
const ALL = 'id, big, score, flag, amount, name, note, created, key, doc';
export const ROWS_1000 = query(
  'bench_rows_1000',
  `select ${ALL} from ${SCHEMA}.item where id > $1 and id <= $1 + 1000 order by id`,
);
export const ROWS_100K = query('bench_rows_100k', `select ${ALL} from ${SCHEMA}.item where id > $1 order by id`);
export const ROWS_300K = query(
  'bench_rows_300k',
  `select ${ALL} from ${SCHEMA}.item, generate_series(1, 3) where id > $1`,
);
/** `$1` rows of about 1 kB. */
export const WIDE = query(
  'bench_wide',
  `select i as id, repeat('0123456789abcdef', 64) as payload from generate_series(1, $1::int4) as i`,
);
export const WIDE_BYTES = 1_050;
