// Runs the same statements through node-postgres and through this library, and prints where they differ. A process of its
// own, for its time zone; the library is the built one, through its public door.
import { isDeepStrictEqual, inspect } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { DatabaseManager, DatabaseModule } from '@hydrogen/database';
import pg from 'pg';
import { NAMES, VALUES } from './values.js';

const { target, placement, types, seed, statements } = JSON.parse(process.argv[2]);
const differences = [];
let compared = 0;

/** Small, seeded: the same statements in every run (mulberry32, public domain). */
let state = seed;
function random(below) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
}
const pick = (list) => list[random(list.length)];
const quoteName = (name) => `"${name.replaceAll('"', '""')}"`;

/** Node takes two invalid dates for different; here they are one value. Plain data are walked, everything else is kept. */
function comparable(value) {
  if (value instanceof Date && Number.isNaN(value.getTime())) return 'Invalid Date';
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, comparable(inner)]));
}

const prototypeOf = (value) => (typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined);

function same(what, ours, theirs) {
  compared++;
  if (isDeepStrictEqual(comparable(ours), comparable(theirs)) && prototypeOf(ours) === prototypeOf(theirs)) return;
  if (differences.length < 20) differences.push(`${what}: ours ${inspect(ours)}, pg ${inspect(theirs)}`.slice(0, 1000));
  else differences.push(what);
}

const context = await NestFactory.createApplicationContext(
  DatabaseModule.forRoot({
    config: {
      Workers: 1,
      Placement: placement,
      Connections: {
        Main: {
          Host: target.host,
          Port: target.port,
          Database: target.database,
          Username: target.user,
          Password: target.password,
          MaxConnections: 2,
          Types: types,
        },
      },
    },
    env: {},
  }),
  { logger: false },
);
const db = context.get(DatabaseManager).get('Main');
const client = new pg.Client(target);
await client.connect();
// What our sessions are told at startup, so that both read the same text.
await client.query("set DateStyle to 'ISO'; set IntervalStyle to 'postgres'; set extra_float_digits to 1");

/** Text at first sight, then prepared and binary. */
const TIMES = 4;

async function outcome(act) {
  try {
    return await act();
  } catch (error) {
    return { error: error.sqlState ?? error.code ?? error.message };
  }
}

/** pg's own parsers may throw, in its own way: then only that we end is asked. */
async function compareRows(sql, parameters) {
  const theirs = await outcome(async () => (await client.query(sql, parameters)).rows);
  for (let time = 1; time <= TIMES; time++) {
    const ours = await outcome(async () => (await db.query(sql, parameters)).rows);
    same(`${sql} ${JSON.stringify(parameters)} (time ${time})`, ours, theirs);
  }
  return theirs;
}

async function bytesOf({ chunks }) {
  const parts = [];
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts).toString();
}

async function compareForms(sql, theirs) {
  if (!Array.isArray(theirs)) return;
  const json = JSON.parse(JSON.stringify(theirs));
  for (const time of [1, 2]) {
    same(`json ${sql} (time ${time})`, JSON.parse(await bytesOf(await db.json(sql))), json);
    const lines = (await bytesOf(await db.ndjson(sql))).split('\n').filter((line) => line !== '');
    same(
      `ndjson ${sql} (time ${time})`,
      lines.map((line) => JSON.parse(line)),
      json,
    );
  }
  const streamed = [];
  for await (const row of db.stream(sql)) streamed.push(row);
  same(`stream ${sql}`, streamed, theirs);
}

async function pgMode() {
  for (const value of VALUES) {
    await compareRows(`select ${value} as v`, []);
    // Beyond the size at which results are placed in a worker and travel as columns; and without a row.
    const many = `select ${value} as v, i, case when i % 3 = 0 then null else ${value} end as w from generate_series(1, 700) i`;
    const theirs = await compareRows(many, []);
    await compareForms(`${many} limit 50`, Array.isArray(theirs) ? theirs.slice(0, 50) : theirs);
    await compareRows(`select ${value} as v where false`, []);
  }
  await compareRows('select', []);
  await compareRows('select from generate_series(1, 3)', []);
  for (let count = 0; count < statements; count++) {
    const columns = Array.from({ length: 1 + random(8) }, () => {
      const value = pick(VALUES);
      const shown = random(4) === 0 ? `case when i % 2 = 0 then ${value} end` : value;
      return `${shown} as ${quoteName(pick(NAMES))}`;
    });
    const parameters = [];
    if (random(3) === 0) {
      parameters.push(String(random(1000)));
      columns.push('$1::int8 as p');
    }
    await compareRows(`select ${columns.join(', ')} from generate_series(1, ${random(40)}) i`, parameters);
  }
}

/** The text that the server would write for a value. */
function textOf(value) {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  return String(value);
}

/** A number is compared as one: the server writes 1e+300 where JavaScript does too, and 1e+20 where it does not. */
function sameText(what, ours, theirs) {
  if (typeof ours === 'number') return same(what, ours, Number(theirs));
  same(what, textOf(ours), theirs);
}

async function losslessMode() {
  for (const value of VALUES) {
    // Not a cast: casts of char(n) and inet write something else than the type's own output.
    const sql = `select v, case when v is distinct from null then format('%s', v) end as t from (select ${value} as v) s`;
    for (let time = 1; time <= TIMES; time++) {
      const ours = await outcome(() => db.one(sql));
      if (ours.error) {
        differences.push(`${sql}: ${ours.error}`);
        continue;
      }
      if (!Array.isArray(ours.v)) sameText(`${sql} (time ${time})`, ours.v, ours.t);
      else {
        const flat = ours.v.flat(Infinity);
        const { rows } = await client.query(
          `select case when x is distinct from null then format('%s', x) end as t from unnest(${value}) x`,
        );
        flat.forEach((element, index) => sameText(`${sql}[${index}] (time ${time})`, element, rows[index]?.t));
        same(`${sql} length`, flat.length, rows.length);
      }
    }
  }
}

if (types === 'lossless') await losslessMode();
else await pgMode();
await client.end();
await context.close();
console.log(JSON.stringify({ values: VALUES.length, compared, differences }));
