// Names that move, names that rotate, what is said of it, and a watch that leaves no timer behind.
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@hydrogen/pool';
import { FakeConnection } from '../../test-support/fake-connection.js';
import type { Connection } from '../connection/connection.js';
import type { Connector, ConnectRequest } from '../connection/connector.js';
import { NO_CODECS } from '../connection/type-options.js';
import { Addresses } from './addresses.js';
import { DatabaseHosts } from './database-hosts.js';
import { DnsWatch } from './dns-watch.js';
import { Listings } from './listings.js';
import { OpenSites } from './open-sites.js';

const EVERY = 1_000;

function kit(everyMs = EVERY) {
  const clock = new ManualClock();
  const sites = new OpenSites();
  const listings = new Listings(clock, EVERY);
  const moved: string[] = [];
  let answer: readonly string[] | Error = ['1.1.1.1'];
  let looks = 0;
  const addresses = new Addresses((_name, _options, done) => {
    looks++;
    if (answer instanceof Error) done(answer, []);
    else
      done(
        null,
        answer.map((address) => ({ address, family: 4 })),
      );
  });
  const places = new Map<object, string>();
  const watch = new DnsWatch({
    clock,
    everyMs,
    addresses,
    listings,
    sites,
    onMoved: (connections) => {
      for (const connection of connections) {
        moved.push(places.get(connection) ?? '');
        sites.closed(connection as Connection);
      }
    },
  });
  const open = (address: string, name = 'db.test'): Connection => {
    const connection = {} as Connection;
    places.set(connection, address);
    listings.note(name, [address]);
    sites.opened(connection, { host: { name, port: 5432 }, address });
    watch.opened();
    return connection;
  };
  return {
    clock,
    sites,
    watch,
    open,
    moved,
    looks: () => looks,
    answers: (next: typeof answer) => void (answer = next),
  };
}

describe('the watch over names', () => {
  it('gives up connections at an address that is gone, at the next look', async () => {
    const { clock, open, moved, answers } = kit();
    open('1.1.1.1');
    await clock.advanceAsync(EVERY);
    expect(moved).toEqual([]);
    answers(['2.2.2.2']);
    await clock.advanceAsync(EVERY);
    expect(moved).toEqual(['1.1.1.1']);
  });

  it('takes a failed look-up for no news', async () => {
    const { clock, open, moved, answers } = kit();
    open('1.1.1.1');
    answers(new Error('EAI_AGAIN'));
    await clock.advanceAsync(5 * EVERY);
    expect(moved).toEqual([]);
  });

  it('does not chase a name that gives another of its readers each time', async () => {
    const { clock, open, moved, answers } = kit();
    open('1.1.1.1');
    for (let n = 0; n < 40; n++) {
      const now = n % 2 === 0 ? '2.2.2.2' : '1.1.1.1';
      answers([now]);
      await clock.advanceAsync(EVERY);
      open(now);
    }
    // Once, before it was known for what it is.
    expect(moved.length).toBeLessThanOrEqual(2);
    answers(['3.3.3.3']);
    for (let n = 0; n < 8; n++) await clock.advanceAsync(EVERY);
    expect(new Set(moved)).toEqual(new Set(['1.1.1.1', '2.2.2.2']));
  });

  it('has no timer while nothing is open, nor for addresses and sockets, nor when it is off', async () => {
    const { clock, open, sites, looks, watch } = kit();
    open('1.1.1.1', '1.1.1.1');
    open('/run/pg', '/run/pg');
    expect(clock.pendingTimers).toBe(0);
    const connection = open('1.1.1.1');
    expect(clock.pendingTimers).toBe(1);
    sites.closed(connection);
    await clock.advanceAsync(EVERY);
    expect(clock.pendingTimers).toBe(0);
    expect(looks()).toBe(0);
    open('1.1.1.1');
    watch.close();
    expect(clock.pendingTimers).toBe(0);
    const off = kit(0);
    off.open('1.1.1.1');
    expect(off.clock.pendingTimers).toBe(0);
  });
});

describe('a name that has moved while leases keep their connections', () => {
  it('is said to have moved once for each connection, and its connections are asked for at every look', async () => {
    const clock = new ManualClock();
    const warnings: string[] = [];
    const recycled: number[] = [];
    const open: Connection[] = [];
    let address = '1.1.1.1';
    const hosts = new DatabaseHosts({
      database: 'Main',
      hosts: [{ name: 'db.test', port: 5432 }],
      target: 'any',
      dnsRecheckMs: EVERY,
      clock,
      lookup: (_name, _options, done) => done(null, [{ address, family: 4 }]),
      warn: (message) => void warnings.push(message),
      recycle: (which) => void recycled.push(open.filter(which).length),
    });
    const inner: Connector = { place: 'inline', load: 0, connect: async () => new FakeConnection() };
    const connect = async (): Promise<void> => {
      const context = { budgetMs: 1_000, signal: new AbortController().signal };
      open.push(await hosts.over(inner).connect({} as ConnectRequest, context, { lost: () => {} }, NO_CODECS));
    };
    const said = (count: number): string =>
      `Main: db.test has moved; ${count} connections at its old address are given up`;
    await connect();
    await connect();
    address = '2.2.2.2';
    await clock.advanceAsync(10 * EVERY);
    expect(warnings).toEqual([said(2)]);
    expect(recycled).toEqual(Array(10).fill(2));
    await connect();
    address = '3.3.3.3';
    await clock.advanceAsync(10 * EVERY);
    expect(warnings).toEqual([said(2), said(1)]);
    expect(recycled.slice(10)).toEqual(Array(10).fill(3));
    hosts.close();
  });
});
