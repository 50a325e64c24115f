// LISTEN and NOTIFY against a real server: what is sent arrives, also after the listening backend was terminated, and the
// listener is told that something may have been missed.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Database, Gap, Notification } from '@hydrogen/database';
import { eventually } from '../support/eventually.js';
import { openModule, type OpenModule } from '../support/module.js';
import { superQuery } from '../support/server.js';

const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown }).code,
  );

describe.each([0, 1])('with Workers: %i', (Workers) => {
  let open: OpenModule;
  let db: Database;
  let heard: Notification[];
  const hear = (_payload: string, notification: Notification): void => void heard.push(notification);

  beforeAll(async () => {
    open = await openModule({
      databases: { Workers },
      connection: { MaxConnections: 3, LeakThresholdMs: 100 },
    });
    db = open.db;
  });
  beforeEach(() => {
    heard = [];
  });
  afterAll(() => open.close());

  const exclusive = (): number => db.pool.stats().leased - db.pool.stats().standing;
  const listeners = (): Promise<{ pid?: unknown }[]> =>
    superQuery(
      `select pid from pg_stat_activity where query ~* '^(un)?listen' and datname = '${open.target.database}'`,
    );

  it('hears what is sent, in order, on channels of any name, over one connection', async () => {
    const names = ['plain', 'With "quotes" and spaces', 'select', 'ü'.repeat(31)];
    const subscriptions = await Promise.all(names.map((name) => db.listen(name, hear)));
    expect([exclusive(), (await listeners()).length]).toEqual([1, 1]);
    for (const name of names) for (const payload of ['1', '', `it's "é😀"`]) await db.notify(name, payload);
    await eventually(2_000, () => heard.length === 12);
    expect(heard.map(({ channel, payload }) => [channel, payload])).toEqual(
      names.flatMap((name) => ['1', '', `it's "é😀"`].map((payload) => [name, payload])),
    );
    expect(heard[0]?.processId).toBeGreaterThan(0);
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    expect(exclusive()).toBe(0);
  });

  it('a closed subscription hears nothing, the others go on', async () => {
    const one = await db.listen('shared', hear);
    const two = await db.listen('shared', hear);
    const other = await db.listen('other', hear);
    await one.close();
    await one.close();
    await db.notify('shared', 'x');
    await eventually(2_000, () => heard.length === 1);
    await two.close();
    await db.notify('shared', 'nobody');
    await db.notify('other', 'y');
    await eventually(2_000, () => heard.length === 2);
    expect(heard.map(({ payload }) => payload)).toEqual(['x', 'y']);
    {
      await using again = await db.listen('shared', hear);
      expect(again.channel).toBe('shared');
    }
    await other.close();
    expect(exclusive()).toBe(0);
  });

  it('is sent at COMMIT, and not at ROLLBACK', async () => {
    await using _ = await db.listen('tx', hear);
    await db.transaction(async (tx) => tx.notify('tx', 'committed'));
    await db
      .transaction(async (tx) => {
        await tx.notify('tx', 'undone');
        throw new Error('mine');
      })
      .catch(() => {});
    await db.notify('tx', 'end');
    await eventually(2_000, () => heard.at(-1)?.payload === 'end');
    expect(heard.map(({ payload }) => payload)).toEqual(['committed', 'end']);
  });

  it('listens again after the backend was terminated, and tells each listener of the gap', async () => {
    const gaps: Gap[] = [];
    const before = new Date();
    const onGap = (gap: Gap): void => void gaps.push(gap);
    const subscriptions = await Promise.all(['a', 'b'].map((name) => db.listen(name, hear, { onGap })));
    for (let round = 1; round <= 2; round++) {
      const [listener] = await listeners();
      await superQuery(`select pg_terminate_backend(${Number(listener?.pid)})`);
      await eventually(5_000, () => gaps.length === 2 * round);
      await db.notify('a', `${round}`);
      await db.notify('b', `${round}`);
      await eventually(2_000, () => heard.length === 2 * round);
    }
    expect(gaps[0]?.reason).toMatchObject({ code: 'DB_CONNECTION_LOST' });
    expect(gaps[0]?.since.getTime()).toBeGreaterThanOrEqual(before.getTime() - 50);
    expect(gaps[0]?.since.getTime()).toBeLessThanOrEqual(Date.now());
    expect(exclusive()).toBe(1);
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
  });

  it('goes to another connection when all are recycled, is told of the gap, and hears what is sent meanwhile', async () => {
    const gaps: Gap[] = [];
    const subscription = await db.listen('moving', hear, { onGap: (gap) => void gaps.push(gap) });
    const [old] = await listeners();
    let sent = 0;
    db.pool.recycle();
    while (gaps.length === 0) await db.notify('moving', `${++sent}`);
    await db.notify('moving', 'last');
    await eventually(2_000, () => heard.at(-1)?.payload === 'last');
    // Twice at most, and none is missing: the new one listens before the old one is left.
    const payloads = new Set(heard.map(({ payload }) => payload));
    expect(payloads.size).toBe(sent + 1);
    await eventually(2_000, async () => (await listeners()).length === 1);
    expect((await listeners())[0]?.pid).not.toBe(old?.pid);
    expect(exclusive()).toBe(1);
    await subscription.close();
  });

  it('a handler that throws, or rejects, disturbs nobody', async () => {
    const fails = (): never => {
      throw new Error('mine');
    };
    const handlers = [fails, async () => fails(), hear];
    const subscriptions = await Promise.all(handlers.map((handler) => db.listen('bad', handler)));
    await db.notify('bad', '1');
    await db.notify('bad', '2');
    await eventually(2_000, () => heard.length === 2);
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
  });

  it('refuses names that are none, and a call whose signal has aborted', async () => {
    for (const name of ['', 'x'.repeat(64), 'a\0b', 7 as never]) {
      expect(await code(db.listen(name, hear))).toBe('DB_PARAMETERS');
      expect(await code(db.notify(name))).toBe('DB_PARAMETERS');
    }
    expect(await code(db.listen('x', hear, { signal: AbortSignal.abort() }))).toBe('DB_CANCELLED');
    expect(await code(db.notify('x', 'y'.repeat(8_000)))).toBe('DB_DATA');
    expect(exclusive()).toBe(0);
  });

  it('waits for a connection as any call, and no longer', async () => {
    const leases = await Promise.all([1, 2, 3].map(() => db.acquire()));
    expect(await code(db.listen('full', hear, { timeoutMs: 50 }))).toBe('DB_DEADLINE');
    const waiting = db.listen('full', hear);
    await leases[0]?.release();
    const subscription = await waiting;
    await Promise.all(leases.map((lease) => lease.release()));
    await subscription.close();
    expect(exclusive()).toBe(0);
  });

  it('ends with the module', async () => {
    const own = await openModule({ databases: { Workers } });
    const subscription = await own.db.listen('end', hear);
    await own.close();
    await subscription.close();
    expect(await code(own.db.listen('end', hear))).toMatch(/^DB_CLOS/);
  });
});
