// A process of its own for test/integration/closing.spec.ts: opens and closes an application with a database again and
// again, and prints what that left behind. Measured alone: a test's own process has other things in its memory.
import 'reflect-metadata';
import { Test } from '@nestjs/testing';
import { DatabaseModule, DatabaseManager } from '@hydrogen/database';

const { connection, warmUp, cycles } = JSON.parse(process.argv[2]);

async function cycle() {
  const config = { Workers: 0, Connections: { Main: connection } };
  const module = await Test.createTestingModule({ imports: [DatabaseModule.forRoot({ config, env: {} })] })
    .setLogger(false)
    .compile();
  await module.init();
  const db = module.get(DatabaseManager).get('Main');
  await Promise.all([db.query('select 1'), db.transaction((tx) => tx.query('select 2'))]);
  await module.close();
}

function settledRss() {
  for (let n = 0; n < 4; n++) globalThis.gc();
  return process.memoryUsage().rss;
}

for (let n = 0; n < warmUp; n++) await cycle();
const before = settledRss();
for (let n = 0; n < cycles; n++) await cycle();
const grownBytes = settledRss() - before;
const left = process.getActiveResourcesInfo().filter((each) => !/^(?:TTY|Pipe|File)Wrap$/.test(each));
process.stdout.write(JSON.stringify({ grownBytes, left }));
