// A server that crashes under a COMMIT: what it had not yet on its disk is gone, and the id may be given out again.
import { expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseError } from '@hydrogen/database';
import { compileDatabases } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { connectionOf } from '../support/module.js';
import { createTestDatabase, startOwnServer } from '../support/server.js';

/** As in production, but for the rounds of the WAL writer, which a loss would otherwise have to fall between. */
const settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  autovacuum: 'off',
  wal_writer_delay: '10s',
};
/** COMMIT takes a second: time to kill its backend. */
const TABLES = `create table t (n int);
  create table other (n int);
  create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(1); return null; end';
  create constraint trigger slow after insert on t deferrable initially deferred for each row execute function slow()`;

it('is not told as committed because another transaction has got its id', async () => {
  const server = await startOwnServer({ settings });
  const target = await createTestDatabase('crash', server);
  await server.query(`${TABLES}; grant all on t to ${target.user}`, target.database);
  const open = await compileDatabases({
    Workers: 0,
    ShutdownTimeoutMs: 500,
    Connections: { Main: connectionOf(target, { MaxConnections: 3 }) },
  });
  await open.module.init();
  const db = open.manager.get('Main');
  try {
    let [pid, own] = [0, ''];
    const heard = db
      .transaction(
        async (tx) => {
          await tx.query('insert into t values (1)');
          const row = await tx.one<{ pid: number; x: string }>(
            'select pg_backend_pid() as pid, pg_current_xact_id()::text as x',
          );
          [pid, own] = [row.pid, row.x];
        },
        { timeoutMs: 5_000, retries: 0 },
      )
      .then(
        () => 'committed',
        (error: DatabaseError) => error.code,
      );
    await eventually(5_000, () => pid > 0);
    await pause(300);
    // What the OOM killer does: all sessions end, and the server recovers from its log.
    process.kill(pid, 'SIGKILL');
    let next: unknown;
    await eventually(10_000, async () => {
      const answer = await server
        .query('insert into other values (1) returning pg_current_xact_id()::text as x', target.database)
        .catch(() => []);
      next = answer[0]?.['x'];
      return next !== undefined;
    });
    expect(next).toBe(own);
    expect(await heard).toBe('DB_COMMIT_UNKNOWN');
    expect(await server.query('select n from t', target.database)).toEqual([]);
  } finally {
    await open.module.close();
    await server.close();
  }
}, 50_000);
