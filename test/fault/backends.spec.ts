// Backends that die, a network that goes silent, a worker that dies: typed errors, nothing uncaught, service back by itself.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseError } from '@hydrogen/database';
import { eventually } from '../support/eventually.js';
import { openModule, type OpenModule } from '../support/module.js';
import { superQuery } from '../support/server.js';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { testServer } from '../support/server.js';

const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);

beforeEach(() => {
  uncaught.length = 0;
  process.on('uncaughtException', note).on('unhandledRejection', note);
});
afterEach(() => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'ok';
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return error.code;
  }
}

describe.each([0, 1])('with Workers: %i', (Workers) => {
  let open: OpenModule;
  afterEach(() => open.close());

  it('every backend killed 100 times under load: typed errors only, nothing uncaught, service back by itself', async () => {
    open = await openModule({ databases: { Workers }, connection: { MaxConnections: 8 } });
    const { db, target } = open;
    let done = false;
    const outcomes: Record<string, number> = {};
    const callers = Array.from({ length: 16 }, async (_, caller) => {
      for (let n = 0; !done; n++) {
        const code = await codeOf(
          n % 3 === 0
            ? db.transaction(async (tx) => tx.query('select $1::int, pg_sleep(0.002)', [n]))
            : db.query('select $1::int, pg_sleep(0.001)', [caller]),
        );
        outcomes[code] = (outcomes[code] ?? 0) + 1;
      }
    });
    for (let round = 0; round < 100; round++) {
      await superQuery(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${target.database}'`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    done = true;
    await Promise.all(callers);
    expect(
      // Unknown: a transaction that only reads, and did not say so, has no id to ask for.
      Object.keys(outcomes).filter(
        (code) => !['ok', 'DB_CONNECTION_LOST', 'DB_CONNECT_FAILED', 'DB_COMMIT_UNKNOWN'].includes(code),
      ),
    ).toEqual([]);
    expect(outcomes['ok']).toBeGreaterThan(100);
    expect(outcomes['DB_CONNECTION_LOST']).toBeGreaterThan(0);
    expect(uncaught).toEqual([]);
    expect(await db.one('select 1 as n')).toEqual({ n: 1 });
    const { leased, standing } = db.pool.stats();
    expect(leased - standing).toBe(0);
  }, 60_000);

  it('an autocommit write that lost its answer is in doubt, a read-only or transactional one is not', async () => {
    open = await openModule({ databases: { Workers }, connection: { MaxConnections: 2 } });
    const { db, target } = open;
    const killed = async (start: () => Promise<unknown>): Promise<DatabaseError> => {
      const pending = start().then(
        () => {
          throw new Error('expected a loss');
        },
        (error: unknown) => error as DatabaseError,
      );
      await eventually(2000, async () => {
        const rows = await superQuery(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${target.database}' and state = 'active' and query like '%pg_sleep%'`,
        );
        return rows.length > 0;
      });
      return pending;
    };
    const facts = ({ code, inDoubt, retryable }: DatabaseError): unknown => ({ code, inDoubt, retryable });
    expect(facts(await killed(() => db.query('select pg_sleep(5)')))).toEqual({
      code: 'DB_CONNECTION_LOST',
      inDoubt: true,
      retryable: false,
    });
    const harmless = { code: 'DB_CONNECTION_LOST', inDoubt: false, retryable: true };
    // On a lease, for on the database itself it would be run again.
    const onLease = () => db.using(async (lease) => lease.query('select pg_sleep(5)', [], { readOnly: true }));
    expect(facts(await killed(onLease))).toEqual(harmless);
    expect(
      facts(await killed(() => db.transaction(async (tx) => tx.query('select pg_sleep(5)'), { retries: 0 }))),
    ).toEqual(harmless);
  });

  it('an idle backend that dies is noticed, never lent, and MinConnections come back without a call', async () => {
    open = await openModule({ databases: { Workers }, connection: { MaxConnections: 4, MinConnections: 3 } });
    const { db, target } = open;
    expect(db.pool.stats().idle).toBe(3);
    await superQuery(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${target.database}'`);
    await eventually(1000, async () => {
      const [row] = await superQuery(
        `select count(*)::int n from pg_stat_activity where datname = '${target.database}' and usename = '${target.user}'`,
      );
      return row?.['n'] === 3 && db.pool.stats().idle === 3;
    });
    expect(await db.one('select 1 as n')).toEqual({ n: 1 });
    expect(uncaught).toEqual([]);
  });

  describe('behind a network that fails', () => {
    let proxy: TcpProxy;
    beforeEach(async () => {
      proxy = await startProxy(testServer());
    });
    afterEach(() => proxy.close());

    it('a black hole: every call settles by its deadline, and the pool serves again when it heals', async () => {
      open = await openModule({
        databases: { Workers },
        connection: {
          Host: proxy.host,
          Port: proxy.port,
          MaxConnections: 4,
          ConnectTimeoutMs: 500,
          CancelTimeoutMs: 200,
          ValidationTimeoutMs: 200,
        },
      });
      const { db } = open;
      await db.query('select 1');
      proxy.set('black-hole');
      const startedAt = performance.now();
      const codes = await Promise.all(
        Array.from({ length: 20 }, () => codeOf(db.query('select 1', [], { timeoutMs: 400 }))),
      );
      expect(performance.now() - startedAt).toBeLessThan(500);
      expect(new Set(codes)).toEqual(new Set(['DB_DEADLINE']));
      proxy.set('pass');
      proxy.resetAll();
      expect(
        await eventually(1000, async () => (await codeOf(db.query('select 1', [], { timeoutMs: 300 }))) === 'ok'),
      ).toBeLessThan(1000);
      expect(uncaught).toEqual([]);
    });

    it('a cancel that arrives seconds late hits nobody', async () => {
      open = await openModule({
        databases: { Workers },
        connection: { Host: proxy.host, Port: proxy.port, MaxConnections: 1, CancelTimeoutMs: 5000 },
      });
      const { db } = open;
      await db.query('select 1');
      proxy.set('late-cancel');
      const limited = codeOf(db.query('select * from generate_series(1, 100000)', [], { maxRows: 10 }));
      expect(await limited).toBe('DB_RESULT_TOO_LARGE');
      // It waits for the connection, and runs when the cancel arrives.
      expect(await codeOf(db.query('select pg_sleep(2)', [], { timeoutMs: 15_000 }))).toBe('ok');
      expect(uncaught).toEqual([]);
    });

    it('connections reset while busy: the busy calls fail typed, the queued ones are served', async () => {
      open = await openModule({
        databases: { Workers },
        connection: { Host: proxy.host, Port: proxy.port, MaxConnections: 5 },
      });
      const { db } = open;
      const calls = Array.from({ length: 10 }, (_, n) => codeOf(db.query('select pg_sleep(0.2), $1::int', [n])));
      await eventually(2000, () => db.pool.stats().leased === 5);
      await new Promise((resolve) => setTimeout(resolve, 50));
      proxy.resetAll();
      expect((await Promise.all(calls)).toSorted()).toEqual([
        ...Array(5).fill('DB_CONNECTION_LOST'),
        ...Array(5).fill('ok'),
      ]);
      expect(uncaught).toEqual([]);
    });
  });
});
