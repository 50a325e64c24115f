// Places: a wish that is granted where it costs nobody a wait, and never above max.
import { describe, expect, it } from '@jest/globals';
import { deferred, makeKit, outcome, type Kit } from '../test/pool-kit.js';

function placed(max: number): Kit {
  const kit = makeKit({ max });
  kit.manager.placeOf = (thing) => thing.place;
  return kit;
}

/** A borrower of a moment; the place that he got. */
async function visit({ acquire, clock }: Kit, place: string | undefined): Promise<string | undefined> {
  const lease = await acquire({ place });
  const got = lease.resource.place;
  await lease.release();
  await clock.settle();
  return got;
}

describe('a wish for a place', () => {
  it('is met by an idle resource there, before a hotter one elsewhere', async () => {
    const kit = placed(3);
    const [here, there] = [await kit.acquire({ place: 'here' }), await kit.acquire({ place: 'there' })];
    await here.release();
    await there.release();
    expect(await visit(kit, 'here')).toBe('here');
    expect(kit.pool.tryAcquire({ deadline: Infinity, place: 'there' })?.resource.place).toBe('there');
    expect(kit.manager.made).toBe(2);
  });

  it('opens one there while the pool may grow, although another is idle', async () => {
    const kit = placed(2);
    await visit(kit, 'here');
    expect(kit.pool.tryAcquire({ deadline: Infinity, place: 'there' })).toBeUndefined();
    expect(await visit(kit, 'there')).toBe('there');
    expect(kit.pool.stats().total).toBe(2);
  });

  it('is not waited for when the pool is full', async () => {
    const kit = placed(1);
    expect([await visit(kit, 'here'), await visit(kit, 'there')]).toEqual(['here', 'here']);
  });

  it('is not waited for while connects fail', async () => {
    const kit = placed(2);
    await visit(kit, 'here');
    kit.manager.onCreate = () => Promise.reject(new Error('no'));
    expect(await visit(kit, 'there')).toBe('here');
  });

  it('is not waited for while connects hang, and it is again when they come', async () => {
    const kit = placed(10);
    await visit(kit, 'here');
    kit.manager.onCreate = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const first = kit.acquire({ place: 'there' }, 60_000);
    await kit.clock.advanceAsync(499);
    expect(await outcome(first, kit.clock)).toBe('pending');
    await kit.clock.advanceAsync(1);
    expect((await first).resource.place).toBe('here');
    await (await first).release();
    // Those that hang, and those that are begun anew meanwhile, hold up nobody.
    for (let n = 0; n < 20; n++) {
      expect(await visit(kit, 'there')).toBe('here');
      await kit.clock.advanceAsync(100);
    }
    kit.manager.onCreate = async () => undefined;
    await kit.clock.advanceAsync(5000);
    expect(await visit(kit, 'there')).toBe('there');
  });

  it('is opened for though a resource of another place is on its way back, and an idle one was left for it', async () => {
    const kit = placed(3);
    const [first, second] = [await kit.acquire({ place: 'here' }), await kit.acquire({ place: 'here' })];
    const gate = deferred();
    await first.release();
    kit.manager.onReset = () => gate.promise;
    void second.release();
    await kit.clock.settle();
    expect(kit.pool.stats()).toMatchObject({ idle: 1, resetting: 1 });
    expect((await kit.acquire({ place: 'there' })).resource.place).toBe('there');
    gate.resolve();
  });

  it('holds up nobody who has none', async () => {
    const kit = placed(2);
    await visit(kit, 'here');
    const gate = deferred();
    kit.manager.onCreate = () => gate.promise;
    const waiting = outcome(kit.acquire({ place: 'there' }), kit.clock);
    const other = await kit.acquire();
    expect(other.resource.place).toBe('here');
    gate.resolve();
    expect(await waiting).toBe('fulfilled');
  });

  it('is where the next one is opened, for each who waits', async () => {
    const kit = placed(4);
    const gate = deferred();
    kit.manager.onCreate = () => gate.promise;
    const places = ['here', 'there', undefined, 'here'];
    const waiting = places.map((place) => kit.acquire({ place }));
    await kit.clock.settle();
    gate.resolve();
    const got = (await Promise.all(waiting)).map(({ resource }) => resource.place);
    expect(got).toEqual(places);
  });
});

describe('a resource that stood in for another place', () => {
  it('makes room for one there, if its own place has others', async () => {
    const kit = placed(2);
    const both = [await kit.acquire({ place: 'here' }), await kit.acquire({ place: 'here' })];
    for (const lease of both) await lease.release();
    expect(await visit(kit, 'there')).toBe('here');
    expect(kit.manager.destroyed).toMatchObject([{ reason: 'evicted' }]);
    expect(await visit(kit, 'there')).toBe('there');
    // From now on both are served, and nothing is opened or closed any more.
    for (const place of ['here', 'there', 'here', 'there']) expect(await visit(kit, place)).toBe(place);
    expect([kit.manager.made, kit.manager.destroyed.length]).toEqual([3, 1]);
  });

  it('stays if it is the only one: a pool of one serves both by turns', async () => {
    const kit = placed(1);
    for (let n = 0; n < 5; n++) for (const place of ['here', 'there']) expect(await visit(kit, place)).toBe('here');
    expect(kit.manager.made).toBe(1);
  });

  it('stays if there is one of the other place already, lent or not', async () => {
    const kit = placed(3);
    const leases = [];
    for (const place of ['here', 'here', 'there']) leases.push(await kit.acquire({ place }));
    await leases[0]?.release();
    expect(await visit(kit, 'there')).toBe('here');
    expect(kit.manager.destroyed).toEqual([]);
  });
});

it('a resource that is elsewhere than was wished is known by where it is', async () => {
  const kit = placed(2);
  kit.manager.placeOf = () => 'there';
  await visit(kit, 'here');
  expect(kit.pool.tryAcquire({ deadline: Infinity, place: 'there' })).toBeDefined();
});
