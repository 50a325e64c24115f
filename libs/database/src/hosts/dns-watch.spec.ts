// Names that move, names that rotate, and a watch that leaves no timer behind.
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import { Addresses } from './addresses.js';
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
