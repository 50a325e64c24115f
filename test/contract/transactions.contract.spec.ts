// Transactions as their users have them, on a real server: propagation, nesting, what joins by itself, hooks, runs after a
// conflict, and the fate of a COMMIT whose answer is lost.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseError, detached, type Database, type Propagation, type Transaction } from '@hydrogen/database';
import { connectionOf, openModule, type OpenModule } from '../support/module.js';
import { createNumbers, insertNumber, numbersOf } from '../support/numbers-table.js';
import { eventually } from '../support/eventually.js';
import { superQuery } from '../support/server.js';

let open: OpenModule;
let db: Database;
afterEach(() => open.close());

async function begin(connection: object = {}, Workers = 0): Promise<void> {
  open = await openModule({ databases: { Workers }, connection: { MaxConnections: 4, ...connection } });
  db = open.db;
  await createNumbers(db);
}

const stored = (): Promise<number[]> => numbersOf(db);
const insert = (n: number, where: Pick<Database, 'query'> = db): Promise<unknown> => insertNumber(n, where);
/** The id of the transaction that a call without tx finds itself in. */
const xid = async (where: Pick<Database, 'one'> = db): Promise<string> =>
  (await where.one<{ x: string }>('select pg_current_xact_id()::text as x')).x;

async function errorOf(promise: Promise<unknown>): Promise<DatabaseError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    throw error;
  }
  throw new Error('no error came');
}

class Own extends Error {}
const fail = (): never => {
  throw new Own('own');
};

describe.each([0, 1])('with Workers: %i', (Workers) => {
  beforeEach(() => begin({}, Workers));

  describe('what is called inside', () => {
    it('joins by itself, at whatever depth, and is undone with the whole', async () => {
      const service = async (): Promise<void> => {
        await insert(1);
        await db.transaction(async () => insert(2));
        await db.batch([['insert into t values ($1)', [3]]]);
        for await (const row of db.stream('select 4')) void row;
        await db.copyFrom('copy t from stdin', ['4\n']);
      };
      await expect(db.transaction(async () => service().then(fail))).rejects.toThrow(Own);
      expect(await stored()).toEqual([]);
      await db.transaction(service);
      expect(await stored()).toEqual([1, 2, 3, 4]);
    });

    it('runs in order on the one connection, also side by side', async () => {
      const seen = await db.transaction(async () =>
        Promise.all([xid(), xid(), db.transaction((tx) => xid(tx)), xid()]),
      );
      expect(new Set(seen).size).toBe(1);
      expect(db.pool.stats().total).toBeLessThanOrEqual(2);
    });

    it('side by side with a savepoint waits for its end, and is not undone with it', async () => {
      await db.transaction(async (tx) => {
        const nested = tx.transaction(async (inner) => {
          await insert(1, inner);
          await inner.query('select pg_sleep(0.05)');
          fail();
        });
        // Asked for while SAVEPOINT is on its way, and while what is in it runs.
        const beside = [insert(2)];
        await Promise.resolve();
        beside.push(insert(3));
        await expect(nested).rejects.toThrow(Own);
        await Promise.all(beside);
      });
      expect(await stored()).toEqual([2, 3]);
    });

    it('keeps the order of the calls around a savepoint', async () => {
      const seen = await db.transaction(async (tx) => {
        const n = async (on: Pick<Database, 'one'>): Promise<unknown> =>
          (await on.one<{ n: number }>('select count(*)::int as n from t')).n;
        const asked = [insert(1), n(tx), tx.transaction((inner) => insert(2, inner)), n(tx)] as const;
        return Promise.all(asked);
      });
      expect([seen[1], seen[3]]).toEqual([1, 2]);
    });

    it('on an outer tx inside of a savepoint is an error, for it would wait for itself', async () => {
      const used = db.transaction(async (outer) => outer.transaction(async () => insert(1, outer)));
      expect((await errorOf(used)).code).toBe('DB_TX_CLOSED');
    });

    it('is not seen by timers and streams that were begun before, nor by what is detached', async () => {
      let tick!: () => void;
      const ticked = new Promise<string>((resolve) => {
        tick = () => void setImmediate(() => void xid().then(resolve));
      });
      const timer = new Promise<string>((resolve) => setTimeout(() => void xid().then(resolve), 30));
      const [mine, away] = await db.transaction(async () => {
        const own = await xid();
        const other = await detached(() => xid());
        await timer;
        return [own, other];
      });
      tick();
      expect(new Set([mine, away, await timer, await ticked]).size).toBe(4);
    });
  });

  describe('an error', () => {
    it('of a part that joined dooms the whole, although the caller passed over it', async () => {
      const whole = db.transaction(async () => {
        await insert(1);
        await db.transaction(async () => insert(2).then(fail)).catch(() => {});
      });
      const error = await errorOf(whole);
      expect(error).toMatchObject({ code: 'DB_TX_ROLLED_BACK' });
      expect(error.cause).toBeInstanceOf(Own);
      expect(await stored()).toEqual([]);
    });

    it.each([1, 2, 3, 4, 5])('at depth %i of five savepoints undoes what lies in it, and no more', async (depth) => {
      const level = async (tx: Transaction, n: number): Promise<void> => {
        await insert(n, tx);
        if (n < 5)
          await tx
            .transaction((inner) => level(inner, n + 1))
            .catch((error: unknown) => {
              if (!(error instanceof Own)) throw error;
            });
        if (n === depth) fail();
      };
      await db.transaction((tx) => level(tx, 1)).catch(() => {});
      expect(await stored()).toEqual([1, 2, 3, 4, 5].filter((n) => n < depth));
    });

    it('of the server at each point of nesting is passed on, and the outer lives', async () => {
      await db.transaction(async (tx) => {
        await insert(1, tx);
        const broken = tx.transaction(async (inner) => {
          await insert(2, inner);
          await inner.query('select 1/0');
        });
        expect((await errorOf(broken)).code).toBe('DB_DATA');
        await insert(3, tx);
      });
      expect(await stored()).toEqual([1, 3]);
    });
  });
});

describe('propagation', () => {
  beforeEach(() => begin());

  type Seen = 'same' | 'other' | 'none' | 'DB_TX_PROPAGATION';
  const table: readonly [Propagation, inside: Seen, outside: Seen][] = [
    ['REQUIRED', 'same', 'other'],
    ['REQUIRES_NEW', 'other', 'other'],
    ['NESTED', 'same', 'other'],
    ['SUPPORTS', 'same', 'none'],
    ['MANDATORY', 'same', 'DB_TX_PROPAGATION'],
    ['NEVER', 'DB_TX_PROPAGATION', 'none'],
    ['NOT_SUPPORTED', 'none', 'none'],
  ];

  /** In a transaction two statements have one id; outside of any, two. */
  const look = async (outer: string | undefined, propagation: Propagation): Promise<Seen> => {
    try {
      return await db.transaction(
        async (tx) => {
          const [byTx, byDb, again] = [await xid(tx), await xid(), await xid(tx)];
          if (byTx !== byDb && byDb !== again) return 'none';
          expect([byDb, again]).toEqual([byTx, byTx]);
          return byTx === outer ? 'same' : 'other';
        },
        { propagation },
      );
    } catch (error) {
      if (error instanceof DatabaseError && error.code === 'DB_TX_PROPAGATION') return error.code;
      throw error;
    }
  };

  it.each(table)('%s inside of one is %s, outside of any %s', async (propagation, inside, outside) => {
    expect(await look(undefined, propagation)).toBe(outside);
    expect(await db.transaction(async () => look(await xid(), propagation))).toBe(inside);
    // After it the outer one is as before.
    await db.transaction(async (tx) => {
      const before = await xid(tx);
      await look(before, propagation);
      expect(await xid()).toBe(before);
    });
  });

  it('NESTED undoes its own part, REQUIRES_NEW keeps it whatever becomes of the outer', async () => {
    await db
      .transaction(async () => {
        await insert(1);
        await db.transaction(async () => insert(2).then(fail), { propagation: 'NESTED' }).catch(() => {});
        await db.transaction(async () => insert(3), { propagation: 'REQUIRES_NEW' });
        await insert(4);
        fail();
      })
      .catch(() => {});
    expect(await stored()).toEqual([3]);
  });

  it('is refused where what joins asks for something else than what is running', async () => {
    const joined = db.transaction(async () => db.transaction(async () => 1, { isolation: 'serializable' }));
    expect(await errorOf(joined)).toMatchObject({ code: 'DB_TX_PROPAGATION' });
    const writes = db.transaction(async () => db.transaction(async () => 1, { readOnly: false }), { readOnly: true });
    expect((await errorOf(writes)).code).toBe('DB_TX_PROPAGATION');
  });

  it('of a word that is none names the words', async () => {
    const wrong = db.transaction(async () => 1, { propagation: 'REQUIRE' as Propagation });
    expect((await errorOf(wrong)).message).toContain('REQUIRED, REQUIRES_NEW');
  });

  it('a part with a time of its own ends with it, and the whole with the part', async () => {
    const whole = db.transaction(async () =>
      db.transaction(async () => db.query('select pg_sleep(5)'), { timeoutMs: 50 }),
    );
    expect((await errorOf(whole)).code).toBe('DB_DEADLINE');
  });
});

describe('with one connection', () => {
  beforeEach(() => begin({ MaxConnections: 1 }));

  it('REQUIRES_NEW is refused at once', async () => {
    const started = performance.now();
    const inner = db.transaction(async () =>
      db.transaction(async (tx) => tx.query('select 1'), { propagation: 'REQUIRES_NEW' }),
    );
    expect((await errorOf(inner)).code).toBe('DB_SELF_DEADLOCK');
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('all other calls inside need no second one', async () => {
    await db.transaction(async () => {
      await insert(1);
      await db.transaction(async () => insert(2), { propagation: 'NESTED' });
      expect(await stored()).toEqual([1, 2]);
    });
  });
});

describe('Transactions.Ambient', () => {
  it('refuse: the database’s own calls inside are errors, tx is not', async () => {
    await begin({ Transactions: { Ambient: 'refuse' } });
    expect((await errorOf(db.transaction(async () => insert(1)))).code).toBe('DB_TX_PROPAGATION');
    await db.transaction(async (tx) => insert(1, tx));
    expect(await stored()).toEqual([1]);
  });

  it('separate: they go their own way', async () => {
    await begin({ Transactions: { Ambient: 'separate' } });
    await db
      .transaction(async (tx) =>
        insert(1, tx)
          .then(() => insert(2))
          .then(fail),
      )
      .catch(() => {});
    expect(await stored()).toEqual([2]);
  });
});

describe('two databases', () => {
  it('in one call stack have each a transaction of its own', async () => {
    await begin();
    const other = await open.manager.add('Other', connectionOf(open.target));
    await db
      .transaction(async () => {
        await insert(1);
        await other.transaction(async () => insert(2, other));
        await insert(3, other);
        fail();
      })
      .catch(() => {});
    expect(await stored()).toEqual([2, 3]);
  });
});

describe('hooks', () => {
  const heard: string[] = [];
  beforeEach(async () => {
    heard.length = 0;
    await begin();
  });
  const say = (what: string) => (): void => void heard.push(what);

  it('run after the commit of the whole, in order, outside of it, and are waited for', async () => {
    await db.transaction(async (tx) => {
      tx.afterCommit(async () => {
        expect(await stored()).toEqual([1]);
        heard.push('slow');
      });
      db.afterCommit(say('joined'));
      await tx.transaction(async (inner) => inner.afterCommit(say('nested')));
      await insert(1);
      expect(heard).toEqual([]);
    });
    expect(heard).toEqual(['slow', 'joined', 'nested']);
  });

  it('of a part that was undone hear of it, and those for its commit do not run', async () => {
    await db.transaction(async (tx) => {
      const nested = tx.transaction(async (inner) => {
        inner.afterCommit(say('never'));
        inner.afterRollback(say('undone'));
        fail();
      });
      await expect(nested).rejects.toThrow(Own);
      expect(heard).toEqual(['undone']);
      tx.afterRollback(say('never'));
    });
    expect(heard).toEqual(['undone']);
  });

  it('without a transaction: afterCommit runs at once', () => {
    db.afterCommit(say('now'));
    db.afterRollback(say('never'));
    expect(heard).toEqual(['now']);
  });

  it('that throw undo nothing', async () => {
    await db.transaction(async (tx) => {
      tx.afterCommit(fail);
      tx.afterCommit(say('next'));
      await insert(1);
    });
    expect([await stored(), heard]).toEqual([[1], ['next']]);
  });
});

describe('another run', () => {
  beforeEach(() => begin());

  it('follows a serialization failure and a deadlock, from the beginning, until it is done', async () => {
    await db.query('insert into t values (0), (0)');
    let readers = 0;
    const raise = async (): Promise<number> => {
      let runs = 0;
      await db.transaction(
        async () => {
          runs++;
          const { n } = await db.one<{ n: number }>('select max(n) as n from t');
          // Two have read before one writes: at least one of them must run again.
          readers++;
          await eventually(5_000, () => readers >= 2);
          await db.query('update t set n = $1', [n + 1]);
        },
        { isolation: 'serializable', retries: 100 },
      );
      return runs;
    };
    const runs = await Promise.all(Array.from({ length: 8 }, raise));
    expect(await stored()).toEqual([8, 8]);
    expect(Math.max(...runs)).toBeGreaterThan(1);
  });

  it('does not follow an error of the function, a constraint, or with retries: 0', async () => {
    let runs = 0;
    const count = async (): Promise<void> => {
      runs++;
      await db.query(`do $$ begin raise exception using errcode = '40001'; end $$`);
    };
    expect(await errorOf(db.transaction(count, { retries: 0 }))).toMatchObject({ code: 'DB_SERIALIZATION' });
    expect(runs).toBe(1);
    expect(await errorOf(db.transaction(count, { retries: 2 }))).toMatchObject({ attempt: 3 });
    expect(runs).toBe(4);
    const own = db.transaction(async () => {
      runs++;
      fail();
    });
    await expect(own).rejects.toThrow(Own);
    expect(runs).toBe(5);
  });

  it('follows a connection that was lost before COMMIT was sent', async () => {
    let runs = 0;
    await db.transaction(async (tx) => {
      const { pid } = await tx.one<{ pid: number }>('select pg_backend_pid() as pid');
      await insert(++runs);
      if (runs === 1) await superQuery(`select pg_terminate_backend(${pid})`);
      await insert(10);
    });
    expect([runs, await stored()]).toEqual([2, [2, 10]]);
  });
});
