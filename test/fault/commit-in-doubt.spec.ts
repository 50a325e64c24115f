// A COMMIT whose answer, or which itself, is lost: found out, run again or told, and never done twice. Through a real network that
// breaks at that one message, with real servers behind it.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ConnectionConfig } from '@hydrogen/config';
import { DatabaseError, type Database, type DatabaseStats, type Transaction } from '@hydrogen/database';
import { createDatabase, type EmbeddedServer } from '@hydrogen/embedded';
import { FaultProxy } from '../../faults/src/proxy/fault-proxy.js';
import { dropClientText, dropServerMessage, latency, type Ending } from '../../faults/src/proxy/toxics.js';
import { says } from '../../libs/wire/test-support/backend-bytes.js';
import { clientMessages } from '../support/client-messages.js';
import { compileDatabases, type OpenDatabases } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { connectionOf } from '../support/module.js';
import { createTestDatabase, startOwnServer, superQuery, testServer, type TestDatabase } from '../support/server.js';
import { startTap } from '../support/tcp-tap.js';

const QUESTION = 'pg_current_xact_id_if_assigned';
const XID: unknown = expect.stringMatching(/^\d+$/);

describe.each([0, 1])('with Workers: %i', (Workers) => {
  let target: TestDatabase;
  let proxy: FaultProxy;
  let open: OpenDatabases;
  let db: Database;

  async function connect(via: { host: string; port: number }, more: ConnectionConfig = {}): Promise<void> {
    const connection = connectionOf(target, { MaxConnections: 3, ...more, Host: via.host, Port: via.port });
    open = await compileDatabases({ Workers, ShutdownTimeoutMs: 500, Connections: { Main: connection } });
    await open.module.init();
    db = open.manager.get('Main');
  }

  beforeEach(async () => {
    target = await createTestDatabase();
    await superQuery(`create table t (n int); grant all on t to ${target.user}`, target.database);
    proxy = await FaultProxy.start(testServer());
    await connect(proxy);
  });
  afterEach(async () => {
    await open.module.close();
    await proxy.close();
    await target.drop();
  });

  /** In place of what `beforeEach` opened. */
  async function connectAgain(via: { host: string; port: number }, more: ConnectionConfig = {}): Promise<void> {
    await open.module.close();
    await connect(via, more);
  }

  const stored = async (): Promise<unknown[]> =>
    (await superQuery('select n from t order by n', target.database)).map(({ n }) => n);
  const settled = (): DatabaseStats['settled'] => open.manager.stats()['Main']!.settled;
  /** The server's answer to the next COMMIT gets lost. */
  const loseAnswer = (happened = (): void => {}): unknown =>
    proxy.add(dropServerMessage({ type: 'C', text: 'COMMIT', happened }));
  /** The next COMMIT gets lost on its way to the server. */
  const loseCommit = (ending: Ending = 'reset'): unknown => proxy.add(dropClientText({ text: 'commit\0', ending }));

  /** One transaction that writes its run; how often it was run, and what its caller heard. */
  async function insert(
    options: Parameters<Database['transaction']>[1] = {},
    work: (tx: Transaction, run: number) => Promise<unknown> = (tx, run) =>
      tx.query('insert into t values ($1)', [run]),
  ): Promise<{
    runs: number;
    hooks: number;
    undone: number;
    error: Partial<DatabaseError> | undefined;
    tookMs: number;
  }> {
    let [runs, hooks, undone] = [0, 0, 0];
    const startedAt = performance.now();
    const error = await db
      .transaction(async (tx) => {
        runs += 1;
        tx.afterCommit(() => void (hooks += 1));
        tx.afterRollback(() => void (undone += 1));
        await work(tx, runs);
      }, options)
      .then(
        () => undefined,
        (reason: unknown) => {
          if (!(reason instanceof DatabaseError)) throw reason;
          const { code, inDoubt, retryable, xid } = reason;
          return { code, inDoubt, retryable, ...(xid === undefined ? {} : { xid }) };
        },
      );
    return { runs, hooks, undone, error, tookMs: performance.now() - startedAt };
  }

  const DONE_ONCE = { runs: 1, hooks: 1, undone: 0, error: undefined };

  it('the answer is lost: the server says committed, the call succeeds, and it was done once', async () => {
    loseAnswer();
    expect(await insert()).toMatchObject(DONE_ONCE);
    expect(await stored()).toEqual([1]);
    expect(settled()).toEqual({ committed: 1, aborted: 0, unknown: 0 });
  });

  it('the same with a single connection, whose place the lost one must leave first', async () => {
    await connectAgain(proxy, { MaxConnections: 1 });
    loseAnswer();
    const { tookMs, ...told } = await insert({ timeoutMs: 5_000 });
    expect(told).toEqual(DONE_ONCE);
    expect(tookMs).toBeLessThan(2_000);
  });

  it('the answers of all are lost at once, each with every connection: all are found out', async () => {
    proxy.add(dropServerMessage({ type: 'C', text: 'COMMIT', nth: 1, every: 1 }));
    let [n, inTime] = [0, 0];
    const all = Promise.all(
      Array.from({ length: 12 }, () =>
        insert({ timeoutMs: 10_000 }, (tx) => tx.query('insert into t values ($1)', [++n])),
      ),
    );
    for (const each of await all) if (each.error === undefined && each.tookMs < 5_000) inTime += 1;
    expect([inTime, await stored()]).toEqual([12, Array.from({ length: 12 }, (_, at) => at + 1)]);
    expect(settled()).toEqual({ committed: 12, aborted: 0, unknown: 0 });
  });

  it('COMMIT never arrives: the server says aborted, it is run again, and stored once', async () => {
    loseCommit();
    expect(await insert()).toMatchObject({ runs: 2, hooks: 1, undone: 1, error: undefined });
    expect(await stored()).toEqual([2]);
    expect(settled()).toEqual({ committed: 0, aborted: 1, unknown: 0 });
  });

  it('with retries: 0 what did not happen is told as retryable, not in doubt', async () => {
    loseCommit();
    expect(await insert({ retries: 0 })).toMatchObject({
      runs: 1,
      hooks: 0,
      error: { code: 'DB_CONNECTION_LOST', inDoubt: false, retryable: true },
    });
    expect(await stored()).toEqual([]);
  });

  it('with settle: false nothing is asked, before or after, and the caller is told', async () => {
    const tap = await startTap(proxy);
    await connectAgain(tap);
    loseAnswer();
    const { tookMs: _, ...told } = await insert({ settle: false });
    // Neither hook: nobody knows whether it was done.
    const error = { code: 'DB_COMMIT_UNKNOWN', inDoubt: true, retryable: false };
    expect(told).toEqual({ runs: 1, hooks: 0, undone: 0, error });
    expect(tap.sent.join()).not.toMatch(new RegExp(`${QUESTION}|pg_xact_status`));
    await tap.close();
  });

  it('a read-only transaction asks for nothing, and its lost COMMIT is in nobody’s doubt', async () => {
    const tap = await startTap(proxy);
    await connectAgain(tap);
    const read = (tx: Transaction): Promise<unknown> => tx.query('select n from t');
    loseAnswer();
    expect(await insert({ readOnly: true, retries: 0 }, read)).toMatchObject({
      error: { code: 'DB_CONNECTION_LOST', inDoubt: false, retryable: true },
    });
    loseAnswer();
    expect(await insert({ readOnly: true }, read)).toMatchObject({ runs: 2, error: undefined });
    expect(tap.sent.join()).not.toMatch(new RegExp(`${QUESTION}|pg_xact_status|pg_control_system`));
    expect(settled()).toEqual({ committed: 0, aborted: 0, unknown: 0 });
    await tap.close();
  });

  it('the question costs no round trip, is asked once, and the server’s identity once a connection', async () => {
    const tap = await startTap(proxy);
    await connectAgain(tap, { MaxConnections: 1 });
    const work = async (tx: Transaction): Promise<void> => {
      await tx.query('select n from t');
      await tx.query('insert into t values (1)');
      await tx.query('update t set n = 2');
      await tx.query('select n from t');
    };
    const countOf = async (settle: boolean): Promise<{ syncs: number; text: string }> => {
      const before = clientMessages(tap.sent.at(-1) ?? Buffer.alloc(0)).length;
      expect(await insert({ settle }, work)).toMatchObject(DONE_ONCE);
      expect(tap.sent).toHaveLength(1);
      const said = clientMessages(tap.sent[0] as Buffer).slice(before);
      return {
        syncs: said.filter(({ type }) => type === 'S').length,
        text: said
          .filter(({ type }) => type === 'P')
          .map(({ body }) => body)
          .join(),
      };
    };
    await countOf(false); // what else a new connection says
    const without = await countOf(false);
    const first = await countOf(true);
    const later = await countOf(true);
    // Four statements and COMMIT.
    expect([without.syncs, first.syncs, later.syncs]).toEqual([5, 5, 5]);
    expect([without.text, later.text].map((text) => text.includes('pg_control_system'))).toEqual([false, false]);
    expect(first.text.split(QUESTION)).toHaveLength(2);
    expect(first.text).toContain('pg_control_system');
    await tap.close();
  });

  it('a write that cannot carry the question is asked for before COMMIT, and found out as well', async () => {
    loseAnswer();
    const work = (tx: Transaction): Promise<unknown> => tx.copyFrom('copy t from stdin', ['7\n']);
    expect(await insert({}, work)).toMatchObject(DONE_ONCE);
    expect(await stored()).toEqual([7]);
    expect(settled()).toMatchObject({ committed: 1 });
  });

  it('what was written in a savepoint alone, or was undone in one, is found out as the whole', async () => {
    loseAnswer();
    const work = async (tx: Transaction): Promise<void> => {
      await tx.transaction((inner) => inner.query('insert into t values (1)'));
      await tx
        .transaction(async (inner) => {
          await inner.query('insert into t values (2)');
          throw new Error('own');
        })
        .catch(() => {});
    };
    expect(await insert({}, work)).toMatchObject(DONE_ONCE);
    expect(await stored()).toEqual([1]);
    expect(settled()).toMatchObject({ committed: 1 });
  });

  it('a network that swallows COMMIT: told at the deadline, in doubt, with the id to ask for', async () => {
    loseCommit('lose');
    const { tookMs, runs, error } = await insert({ timeoutMs: 700 });
    expect([runs, error]).toEqual([1, { code: 'DB_DEADLINE', inDoubt: true, retryable: false, xid: XID }]);
    expect(tookMs).toBeLessThan(800);
  });

  it('a server that says neither yet is asked until the time is over', async () => {
    // The client has heard of the loss, the server has not: its session still stands in the transaction.
    loseCommit('reset-client');
    const { tookMs, runs, error } = await insert({ timeoutMs: 1_000 });
    expect([runs, error]).toEqual([1, { code: 'DB_COMMIT_UNKNOWN', inDoubt: true, retryable: false, xid: XID }]);
    expect(tookMs).toBeGreaterThan(900);
    expect(tookMs).toBeLessThan(1_100);
  });

  it('a caller who leaves meanwhile is not kept until the deadline', async () => {
    const leaving = new AbortController();
    const gone = (): void => {
      void proxy.refuse();
      proxy.resetAll();
      setTimeout(() => leaving.abort(), 200);
    };
    loseAnswer(gone);
    const { tookMs, runs, error } = await insert({ timeoutMs: 10_000, signal: leaving.signal });
    expect([runs, error]).toEqual([1, { code: 'DB_COMMIT_UNKNOWN', inDoubt: true, retryable: false, xid: XID }]);
    expect(tookMs).toBeLessThan(1_000);
  });

  it('while the databases are closing nobody can ask: told at once', async () => {
    loseAnswer();
    let closing: Promise<void> | undefined;
    const told = insert({}, async (tx, run) => {
      await tx.query('insert into t values ($1)', [run]);
      closing = open.module.close();
      await eventually(2_000, () => db.pool.state !== 'running');
    });
    const { runs, error, tookMs } = await told;
    expect([runs, error]).toEqual([1, { code: 'DB_COMMIT_UNKNOWN', inDoubt: true, retryable: false, xid: XID }]);
    expect(tookMs).toBeLessThan(2_000);
    await closing;
  });

  it.each([
    ['08P01', 'FATAL'],
    ['53100', 'PANIC'],
    ['58030', 'PANIC'],
    ['57P01', 'FATAL'],
  ])('a session that ends with %s (%s) in the place of the answer is asked about', async (code, severity) => {
    const words = says.error(code, 'the end of it', { S: severity, V: severity });
    let said = false;
    proxy.add({
      stage: (direction, link) =>
        direction === 'to-server'
          ? undefined
          : (piece) => {
              if (said || !piece.bytes.includes('COMMIT\0')) return [piece];
              said = true;
              setImmediate(() => link.finishClient());
              return [{ ...piece, bytes: words }];
            },
    });
    expect(await insert()).toMatchObject({ error: undefined, runs: 1, hooks: 1, undone: 0 });
    expect(await stored()).toEqual([1]);
  });

  it.each(['deadline', 'signal'])(
    'a write that was given up (%s) and done all the same is not committed',
    async (how) => {
      const heard: unknown[] = [];
      const { error } = await insert({ retries: 0 }, async (tx) => {
        await tx.query('select 1');
        proxy.add(latency(60));
        const limits = how === 'deadline' ? { timeoutMs: 90 } : { signal: AbortSignal.timeout(90) };
        await tx.query('insert into t values (1)', [], limits).catch(async (given: DatabaseError) => {
          heard.push(given.code);
          await tx.query('insert into t values (2)').catch(() => {});
        });
      });
      expect(heard).toEqual([how === 'deadline' ? 'DB_DEADLINE' : 'DB_CANCELLED']);
      expect([error?.code, await stored()]).toEqual(['DB_TX_ROLLED_BACK', []]);
    },
  );

  describe('where the role may not ask for the server’s identity', () => {
    beforeEach(() => superQuery('revoke execute on function pg_control_system() from public', target.database));

    const warnings = (): string[] => open.log.lines.filter((line) => line.includes('pg_control_system'));

    it.each([
      ['a statement', (tx: Transaction) => tx.query('insert into t values (1)')],
      ['COPY', (tx: Transaction) => tx.copyFrom('copy t from stdin', ['1\n'])],
    ])('transactions of %s work, one warning says what they lack, and a lost COMMIT stays unknown', async (_, work) => {
      for (let n = 0; n < 3; n++) expect(await insert({}, work)).toMatchObject({ hooks: 1, error: undefined });
      expect(await stored()).toEqual([1, 1, 1]);
      expect(warnings()).toEqual([expect.stringMatching(/^warn: Main: the id of a transaction cannot be asked for/)]);
      loseAnswer();
      const { runs, error } = await insert({}, work);
      expect([runs, error]).toEqual([1, { code: 'DB_COMMIT_UNKNOWN', inDoubt: true, retryable: false }]);
      expect(await stored()).toEqual([1, 1, 1, 1]);
      expect(warnings()).toHaveLength(1);
    });
  });
});

describe.each([0, 1])('servers that come and go, with Workers: %i', (Workers) => {
  let server: EmbeddedServer;
  let other: EmbeddedServer | undefined;
  let target: TestDatabase;
  let proxy: FaultProxy;
  let open: OpenDatabases;
  let db: Database;

  beforeEach(async () => {
    server = await startOwnServer();
    target = await createTestDatabase('doubt', server);
    await server.query(`create table t (n int); grant all on t to ${target.user}`, target.database);
    proxy = await FaultProxy.start(server);
    const connection = connectionOf(target, { MaxConnections: 3, Host: proxy.host, Port: proxy.port });
    open = await compileDatabases({ Workers, ShutdownTimeoutMs: 500, Connections: { Main: connection } });
    await open.module.init();
    db = open.manager.get('Main');
  }, 30_000);
  afterEach(async () => {
    await open.module.close();
    await proxy.close();
    await server.close();
    await other?.close();
    other = undefined;
  }, 30_000);

  async function insert(timeoutMs: number): Promise<{ runs: number; error: unknown; tookMs: number }> {
    let runs = 0;
    const startedAt = performance.now();
    const error = await db
      .transaction((tx) => tx.query('insert into t values ($1)', [++runs]), { timeoutMs })
      .then(
        () => undefined,
        ({ code, inDoubt, retryable, xid }: DatabaseError) => ({ code, inDoubt, retryable, xid }),
      );
    return { runs, error, tookMs: performance.now() - startedAt };
  }
  const UNKNOWN = { code: 'DB_COMMIT_UNKNOWN', inDoubt: true, retryable: false, xid: XID };

  it('a server that is gone for good: unknown, with the id, at the deadline, and never run again', async () => {
    let stopped: Promise<void> | undefined;
    const stop = (): void => void (stopped = server.stop('immediate'));
    proxy.add(dropServerMessage({ type: 'C', text: 'COMMIT', happened: stop }));
    const { runs, error, tookMs } = await insert(1_500);
    expect([runs, error]).toEqual([1, UNKNOWN]);
    expect(tookMs).toBeGreaterThan(1_400);
    expect(tookMs).toBeLessThan(1_600);
    expect(open.manager.stats()['Main']!.settled).toEqual({ committed: 0, aborted: 0, unknown: 1 });
    await stopped;
  });

  it('a server that restarts: asked again until it is back, and found out', async () => {
    let restarted: Promise<void> | undefined;
    const restart = (): void => void (restarted = server.stop('fast').then(() => server.start()));
    proxy.add(dropServerMessage({ type: 'C', text: 'COMMIT', happened: restart }));
    expect(await insert(20_000)).toMatchObject({ runs: 1, error: undefined });
    await restarted;
    expect(await server.query('select n from t', target.database)).toEqual([{ n: 1 }]);
    expect(open.manager.stats()['Main']!.settled).toMatchObject({ committed: 1 });
  }, 40_000);

  it('another server at the same address, where the same id is another transaction: unknown at once', async () => {
    other = await startOwnServer();
    const { database: name, user, password } = target;
    await createDatabase(other, { name, user, password });
    // Its ids must reach beyond, or it would say so by itself.
    for (let n = 0; n < 20; n++) await other.query('select pg_current_xact_id()');
    const elsewhere = other;
    const moved = (): void => {
      proxy.redirect(elsewhere);
      proxy.resetAll();
    };
    proxy.add(dropServerMessage({ type: 'C', text: 'COMMIT', happened: moved }));
    const { runs, error, tookMs } = await insert(10_000);
    expect([runs, error]).toEqual([1, UNKNOWN]);
    expect(tookMs).toBeLessThan(2_000);
  }, 30_000);
});
