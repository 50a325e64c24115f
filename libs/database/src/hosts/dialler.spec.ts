// One connect over several hosts, on a clock that stands still until it is told: who is tried, for how long, and what is told.
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@hydrogen/pool';
import type { Connection, SessionRole, StepContext } from '../connection/connection.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { Addresses } from './addresses.js';
import { Dialler, type Dialled, type Open } from './dialler.js';
import type { Host, TargetSession } from './host.js';
import { HostMemory, SUSPECT_MS } from './host-memory.js';
import { HostOrder } from './host-order.js';
import { OpenSites } from './open-sites.js';

const PRIMARY: SessionRole = { standby: false, readOnly: false };
const STANDBY: SessionRole = { standby: true, readOnly: false };

type Answer = SessionRole | 'silent' | 'unknown' | 'mute' | 'refused' | 'wrong password';

interface Kit {
  readonly clock: ManualClock;
  /** Addresses dialled, in order. */
  readonly tried: string[];
  readonly closed: string[];
  readonly answers: Map<string, Answer>;
  dial(budgetMs?: number): Promise<Dialled>;
}

function kit(hosts: readonly (string | Host)[], target: TargetSession, answers: Record<string, Answer>): Kit {
  const clock = new ManualClock();
  const sites = new OpenSites();
  const memory = new HostMemory(clock);
  const list = hosts.map((host) => (typeof host === 'string' ? { name: host, port: 5432 } : host));
  const order = new HostOrder(list, sites, memory);
  // A name's addresses are its own with a number behind: `two` has two.
  const addresses = new Addresses((name, _options, done) =>
    name === 'nowhere'
      ? done(new Error('getaddrinfo ENOTFOUND nowhere'), [])
      : done(
          null,
          (name === 'two' ? ['two1', 'two2'] : [name]).map((address) => ({ address, family: 4 })),
        ),
  );
  const onAddresses = (): void => {};
  const dialler = new Dialler({ database: 'Main', target, order, memory, addresses, clock, onAddresses });
  const known = new Map(Object.entries(answers));
  const tried: string[] = [];
  const closed: string[] = [];
  const open: Open = ({ address }, { budgetMs, signal }) => {
    tried.push(`${address} ${Math.round(budgetMs)}`);
    return new Promise((resolve, reject) => {
      const fail = (code: DatabaseError['code'], message: string): void =>
        reject(databaseError({ code, message: `Main: ${message}` }));
      const answer = known.get(address);
      if (answer === 'refused') return fail('DB_CONNECT_FAILED', `cannot connect to ${address}: ECONNREFUSED`);
      if (answer === 'wrong password') return fail('DB_AUTH_FAILED', `${address} refused the session`);
      if (answer === 'mute')
        return signal.addEventListener('abort', () => fail('DB_CONNECT_TIMEOUT', `${address}: late`));
      const info = { address, ...(typeof answer === 'object' ? { role: answer } : {}) };
      const close = async (): Promise<void> => void closed.push(address);
      resolve({ info, close } as unknown as Connection);
    });
  };
  return {
    clock,
    tried,
    closed,
    answers: known,
    dial: (budgetMs = 1_000) => {
      const cut = new AbortController();
      clock.setTimer(budgetMs, () => cut.abort());
      const context: StepContext = { budgetMs, signal: cut.signal };
      return dialler.dial(open, context);
    },
  };
}

const where = async (dialled: Promise<Dialled>): Promise<string> => (await dialled).site.address;
const failure = (dialled: Promise<Dialled>): Promise<DatabaseError> =>
  dialled.then(
    () => Promise.reject(new Error('expected a failure')),
    (error: DatabaseError) => error,
  );

describe('a connect', () => {
  it('takes the first host that fits and closes those that do not', async () => {
    const { dial, tried, closed } = kit(['a', 'b', 'c'], 'read-write', { a: STANDBY, b: PRIMARY });
    expect(await where(dial())).toBe('b');
    expect(tried).toEqual(['a 333', 'b 500']);
    expect(closed).toEqual(['a']);
  });

  it('tries each address of a name before it goes on', async () => {
    const { dial, tried } = kit(['two', 'b'], 'any', { two1: 'refused', two2: 'refused' });
    expect(await where(dial())).toBe('b');
    expect(tried).toEqual(['two1 333', 'two2 500', 'b 1000']);
  });

  // The last one's signal is that of the whole.
  it('shares its time among those that are left, so that a mute one does not eat it', async () => {
    const { dial, tried, clock } = kit(['a', 'b', 'c'], 'any', { a: 'mute', b: 'mute' });
    const dialled = where(dial(900));
    await clock.advanceAsync(300);
    await clock.advanceAsync(300);
    expect(await dialled).toBe('c');
    expect(tried).toEqual(['a 300', 'b 300', 'c 900']);
  });

  it('tries who failed last, until a while has passed, and then asks him once', async () => {
    const { dial, tried, clock, answers } = kit(['a', 'b'], 'any', { a: 'refused' });
    expect(await where(dial())).toBe('b');
    expect(await where(dial())).toBe('b');
    expect(tried).toEqual(['a 500', 'b 1000', 'b 500']);
    tried.length = 0;
    await clock.advanceAsync(SUSPECT_MS);
    answers.set('a', 'mute');
    const first = where(dial());
    // Those who come meanwhile do not wait for him as well.
    expect(await where(dial())).toBe('b');
    await clock.advanceAsync(500);
    expect(await first).toBe('b');
    expect(tried.map((each) => each.split(' ')[0])).toEqual(['a', 'b', 'b']);
    await clock.advanceAsync(SUSPECT_MS);
    answers.set('a', PRIMARY);
    expect(await where(dial())).toBe('a');
    expect(await where(dial())).toBe('a');
  });

  it('tells host by host why none would do', async () => {
    const { dial } = kit(['a', 'nowhere', 'b', 'c'], 'standby', { a: PRIMARY, b: 'refused', c: 'silent' });
    const error = await failure(dial());
    expect(error.code).toBe('DB_CONNECT_FAILED');
    expect(error.message).toBe(
      'Main: no host gives a session: a:5432 is no standby (TargetSession standby); cannot connect to nowhere:5432: ' +
        'getaddrinfo ENOTFOUND nowhere; cannot connect to b: ECONNREFUSED; c:5432 does not say what it is (TargetSession standby)',
    );
  });

  it('with one host fails with that one’s error as it is', async () => {
    const error = await failure(kit(['a'], 'any', { a: 'refused' }).dial());
    expect(error.message).toBe('Main: cannot connect to a: ECONNREFUSED');
  });

  it('ends when its whole time is over, whatever is left to try', async () => {
    const { dial, clock } = kit(['a', 'b'], 'any', { a: 'mute', b: 'mute' });
    const failed = failure(dial(400));
    await clock.advanceAsync(200);
    await clock.advanceAsync(200);
    const error = await failed;
    expect(error.code).toBe('DB_CONNECT_TIMEOUT');
    expect(error.message).toBe('Main: a:5432, b:5432 did not answer within ConnectTimeoutMs (400 ms)');
  });

  it('does not carry a wrong password from host to host', async () => {
    const { dial, tried } = kit(['a', 'b'], 'any', { a: 'wrong password' });
    expect((await failure(dial())).code).toBe('DB_AUTH_FAILED');
    expect(tried).toHaveLength(1);
  });

  it('that would rather have a standby takes what there is, from among those that answered', async () => {
    const { dial, tried } = kit(['a', 'b', 'c'], 'prefer-standby', { a: PRIMARY, b: 'refused', c: 'refused' });
    expect(await where(dial())).toBe('a');
    expect(tried.map((each) => each.split(' ')[0])).toEqual(['a', 'b', 'c', 'a']);
  });
});

describe('the order of hosts', () => {
  const weighted = (weights: readonly number[]): Host[] =>
    weights.map((weight, index) => ({ name: `h${index}`, port: 1, weight }));
  const connection = (): Connection => ({}) as Connection;

  it('by weight gives each its share, to within one connection, at any number of them', () => {
    for (const weights of [
      [1, 1],
      [3, 1],
      [5, 3, 2],
      [1, 1, 1, 7],
    ]) {
      const hosts = weighted(weights);
      const sites = new OpenSites();
      const order = new HostOrder(hosts, sites, new HostMemory(new ManualClock()));
      const sum = weights.reduce((all, weight) => all + weight, 0);
      for (let total = 1; total <= 60; total++) {
        const [host] = order.next() as [Host];
        sites.opened(connection(), { host, address: host.name });
        for (const each of hosts)
          expect(Math.abs(sites.open(each) - (total * (each.weight ?? 1)) / sum)).toBeLessThan(weights.length - 1 || 1);
      }
      for (const each of hosts) expect(sites.open(each)).toBe((60 * (each.weight ?? 1)) / sum);
    }
  });

  it('counts those that are being opened', () => {
    const [a, b] = weighted([1, 1]) as [Host, Host];
    const sites = new OpenSites();
    const order = new HostOrder([a, b], sites, new HostMemory(new ManualClock()));
    sites.dialling(a, 1);
    expect(order.next()).toEqual([b, a]);
    sites.dialling(a, -1);
    expect(order.next()).toEqual([a, b]);
  });
});
