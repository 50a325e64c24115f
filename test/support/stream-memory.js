// A process that reads one large result by the built library and tells how much memory that took. Run by
// stream-memory.contract.spec.ts: arguments are the connection, the form, the megabytes, and Workers.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { DatabaseModule, getDatabaseToken } from '@hydrogen/database';

const [connection, form, megabytes, workers] = process.argv.slice(2);
const Main = JSON.parse(connection);
const app = await NestFactory.createApplicationContext(
  DatabaseModule.forRoot({ config: { Workers: Number(workers), Connections: { Main } }, env: {} }),
  { logger: false },
);
const db = app.get(getDatabaseToken('Main'));
const sql = "select n, repeat('x', 1000) pad from (select generate_series(1, $1::int) n) g";
const options = { timeoutMs: 600_000 };

const read = async (rows) => {
  let seen = 0;
  if (form === 'stream') for await (const { pad } of db.stream(sql, [rows], options)) seen += pad.length;
  else if (form === 'cursor') for await (const some of db.cursor(sql, [rows], options)) seen += some.length * 1000;
  else if (form === 'copy') for await (const piece of await copyTo(rows)) seen += piece.length;
  else for await (const piece of (await db[form](sql, [rows], options)).chunks) seen += piece.length;
  return seen;
};
const copyTo = async (rows) => {
  const text = sql.replace('$1::int', String(rows));
  return (await db.copyTo(`copy (${text}) to stdout`, options)).chunks;
};

// Code is compiled and buffers have grown once before it counts.
await read(20_000);
globalThis.gc?.();
const idle = process.memoryUsage().rss;
let peak = idle;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
const startedAt = performance.now();
const seen = await read(Number(megabytes) * 1000);
clearInterval(watch);
process.stdout.write(JSON.stringify({ seen, idle, peak, ms: Math.round(performance.now() - startedAt) }));
await app.close();
