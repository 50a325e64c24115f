// A process of its own with a transaction that has written and is not at its end. It says `open`, and then does what it was told to.
// For tests of what is left on the server when a process goes: by a signal from outside, by process.exit(), in order at SIGTERM.
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DatabaseManager, DatabaseModule } from '@hydrogen/database';

const { databases, statement, sleepMs, idle, exit } = JSON.parse(process.argv[2]);
const say = (text) => process.stdout.write(`${text}\n`);

class Service {}
Module({ imports: [DatabaseModule.forRoot({ config: databases, env: {} })] })(Service);

const app = await NestFactory.createApplicationContext(Service, { logger: ['warn', 'error'] });
app.enableShutdownHooks([], { useProcessExit: true });
const db = app.get(DatabaseManager).get('Main');
db.transaction(async (tx) => {
  await tx.query(statement);
  say('open');
  if (exit) setImmediate(() => process.exit(3));
  if (idle) await sleep(sleepMs);
  else await tx.query('select pg_sleep($1)', [sleepMs / 1000]);
  // Inside of a transaction that was open before, work is not new.
  await tx.query(statement);
}).then(
  () => say('committed'),
  (error) => say(`refused ${error.code}`),
);
process.once('SIGTERM', () => {
  // Behind the hooks of Nest, which have turned the pool away from new work when the event loop comes round.
  const timer = setInterval(() => {
    if (db.pool.state === 'running') return;
    clearInterval(timer);
    db.query('select 1').then(
      () => say('served'),
      (error) => say(`new work ${error.code}`),
    );
  }, 10);
});
