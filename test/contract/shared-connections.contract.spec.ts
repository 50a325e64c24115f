// Connections that many share: whatever the neighbours do, nobody sees another's state, and nobody is hit by another's
// cancel. Statements of every class at once, for both places a connection may stand.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { detached, DatabaseError, type Database, type DatabaseLease } from '@hydrogen/database';
import { openModule, type OpenModule } from '../support/module.js';
import { superQuery } from '../support/server.js';

const STATEMENTS = 10_000;
const CONCURRENCY = 64;
const CANCELS = 1_000;

/** Small, seeded: the same run each time (mulberry32, public domain). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

async function atOnce(count: number, act: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) await act(n);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof DatabaseError ? error.code : String(error)),
  );
}

describe.each(['inline', 'worker'] as const)('placed %s', (Placement) => {
  let open: OpenModule;
  let db: Database;
  let user: string;

  beforeAll(async () => {
    open = await openModule({ databases: { Workers: 1, Placement }, connection: { MaxConnections: 8 } });
    db = open.db;
    user = open.target.user;
    const reader = `${user}_reader`;
    await superQuery(`create role ${reader}`);
    await superQuery(`grant ${reader} to ${user}`);
    await db.query('create schema other');
    await db.query(`grant usage on schema other to ${reader}`);
    await db.query('create table item (id int primary key, n int not null)');
    await db.query('insert into item select i, 0 from generate_series(1, 100) i');
    await db.query('create table other.item (id int primary key, n int not null)');
    await db.query('create table written (id bigserial primary key, who int)');
    await db.query(`create function note(who int) returns int language plpgsql as
      $$ begin insert into written (who) values (who); return who; end $$`);
  });
  afterAll(async () => {
    const { user: role } = open.target;
    await open.close();
    await superQuery(`drop role if exists ${role}_reader`);
  });

  /** A plain read that tells what state it was run in. */
  async function look(n: number): Promise<void> {
    const row = await db.one(
      `select $1::int as echo, current_user::text as who, current_schemas(false)::text as path, n,
              to_regclass('pg_temp.mine') is null as clean from item where id = $2`,
      [n, 1 + (n % 100)],
    );
    expect(row).toEqual({ echo: n, who: user, path: '{public}', n: 0, clean: true });
  }

  async function dirty(lease: DatabaseLease, kind: number): Promise<void> {
    switch (kind) {
      case 0:
        return void (await lease.query(`set role ${user}_reader`));
      case 1:
        return void (await lease.query('set search_path to other, pg_temp'));
      case 2:
        return void (await lease.query('create temp table mine (a int)'));
      case 3:
        return void (await lease.query('select pg_advisory_lock_shared(1)'));
      case 4:
        return void (await lease.query('listen something'));
      case 5:
        return void (await lease.query('prepare plan as select 1'));
      case 6:
        await lease.query('begin');
        return void (await lease.query('insert into written (who) values (-1)'));
      default:
        return void (await lease.query("set statement_timeout to '7s'"));
    }
  }

  it(`${STATEMENTS} statements of every class: no state of one is seen by another`, async () => {
    const random = seeded(7);
    let written = 0;
    const unexpected: string[] = [];
    await atOnce(STATEMENTS, async (n) => {
      const kind = random(20);
      try {
        if (kind < 9) await look(n);
        else if (kind < 11) {
          await db.query('insert into written (who) values ($1)', [n]);
          written++;
        } else if (kind === 11) {
          // It looks like a read; the session that is shared refuses it, and it runs all the same.
          expect(await db.one('select note($1) as who', [n])).toEqual({ who: n });
          written++;
        } else if (kind === 12) expect(await codeOf(db.query('select 1 / ($1::int - $1)', [n]))).toBe('DB_DATA');
        else if (kind === 13) expect(await codeOf(db.query('select nonsense from item'))).toBe('DB_SYNTAX');
        else if (kind === 14) await db.using((lease) => dirty(lease, random(8)));
        else if (kind === 15) {
          await db.transaction(async (tx) => {
            await tx.query('set local search_path to other');
            await tx.query('insert into item values ($1, 1)', [n]);
          });
        } else if (kind === 16) {
          const undone = db.transaction(async (tx) => {
            await tx.query('insert into written (who) values ($1)', [n]);
            throw new RangeError('undo');
          });
          await expect(undone).rejects.toThrow(RangeError);
        } else if (kind === 17) {
          const { rows } = await db.query('select i, $1::int as echo from generate_series(1, 800) i', [n]);
          expect(rows).toHaveLength(800);
          expect(rows.at(-1)).toEqual({ i: 800, echo: n });
        } else if (kind === 18) {
          expect(await db.one("select set_config('application_name', $1, true) as a", [`app ${n}`])).toEqual({
            a: `app ${n}`,
          });
        } else expect(await db.one('select $1::int as echo', [n], { timeoutMs: 60_000 })).toEqual({ echo: n });
      } catch (error) {
        unexpected.push(`${kind}: ${String(error)}`);
      }
    });
    expect(unexpected).toEqual([]);
    expect(await db.one('select count(*)::int as n from written')).toEqual({ n: written });
    for (let n = 0; n < 64; n++) await look(n);
    const [locks] = await superQuery(
      `select count(*)::int as n from pg_locks l join pg_database d on d.oid = l.database
       where locktype = 'advisory' and datname = '${open.target.database}'`,
    );
    expect(locks).toEqual({ n: 0 });
  }, 120_000);

  it(`${CANCELS} cancels into loaded pipelines hit no other caller`, async () => {
    const random = seeded(11);
    const work = 'select count(*)::int as n, $1::int as echo from generate_series(1, $2) g';
    for (let n = 0; n < 20; n++) await db.one(work, [n, 5000]);
    let cancels = 0;
    let hits = 0;
    await atOnce(CANCELS * 4, async (n) => {
      if (n % 4 === 0) {
        const controller = new AbortController();
        const call = db.one(work, [n, 5000], { signal: controller.signal });
        const delay = random(6);
        const abort = (): void => {
          cancels++;
          controller.abort();
        };
        if (delay < 3) setImmediate(abort);
        else setTimeout(abort, delay - 3);
        const outcome = await codeOf(call);
        expect(['resolved', 'DB_CANCELLED']).toContain(outcome);
      } else {
        const row = await db.one(work, [n, 5000]).catch((error: unknown) => error);
        if (row instanceof Error) hits++;
        else expect(row).toEqual({ n: 5000, echo: n });
      }
    });
    expect(cancels).toBe(CANCELS);
    expect(hits).toBe(0);
  }, 120_000);

  it('a write that waits for a lock stalls no read', async () => {
    const order: string[] = [];
    await db.transaction(async (tx) => {
      await tx.query('update item set n = n where id = 1');
      // Outside of the transaction: inside, it would be a part of it.
      const write = detached(() => db.query('update item set n = n where id = 1'));
      const waiting = write.then(() => order.push('write'));
      await atOnce(500, look);
      order.push('reads');
      void waiting;
    });
    await db.query('select 1');
    expect(order[0]).toBe('reads');
  }, 60_000);
});
