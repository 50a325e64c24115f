// Leases whose handle is gone: taken back and counted, but only where the borrower gave a stack; the rest is never watched.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { makeKit, type Kit } from '../test/pool-kit.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Collects until it is so; without a wish, until something that was dropped last of all is known to be gone. Finalizers run in a
 * task of their own.
 */
async function collected(until?: () => boolean): Promise<void> {
  let gone = false;
  const registry = new FinalizationRegistry(() => (gone = true));
  registry.register({}, undefined);
  for (let turn = 0; turn < 20 && !(until?.() ?? gone); turn++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(until !== undefined || gone).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
}

async function forget({ acquire }: Kit, options: Parameters<Kit['acquire']>[0]): Promise<void> {
  await acquire(options);
}

describe('a lease that is dropped', () => {
  it('is reclaimed, told with its stack, counted, and its resource is destroyed as leaked', async () => {
    const kit = makeKit({ max: 1 });
    const { pool, seen, manager, clock, acquire } = kit;
    await forget(kit, { stack: 'at forgetful' });
    await clock.advanceAsync(70);
    await collected(() => pool.stats().reclaimed > 0);
    expect(seen.named('reclaimed')).toEqual([[70, 'at forgetful']]);
    expect(pool.stats()).toMatchObject({ reclaimed: 1, leased: 0 });
    expect(manager.destroyed).toEqual([{ id: 1, reason: 'leaked' }]);
    expect((await acquire()).resource.id).toBe(2);
  });

  it('serves who waits for it', async () => {
    const kit = makeKit({ max: 1 });
    await forget(kit, { stack: new Error('acquired here') });
    const waiting = kit.acquire();
    await collected(() => kit.pool.stats().reclaimed > 0);
    expect((await waiting).resource.id).toBe(2);
  });

  it('is left alone without a stack, when it is standing, and when it is kept for good', async () => {
    const kit = makeKit({ max: 3 });
    await forget(kit, {});
    await forget(kit, { stack: 'x', onWanted: () => undefined });
    await forget(kit, { stack: 'x', onLost: () => undefined });
    await collected();
    expect(kit.pool.stats()).toMatchObject({ reclaimed: 0, leased: 3 });
  });

  it('is no news after its release, and a report of its age is not followed by a return', async () => {
    const kit = makeKit({ max: 2, leakThresholdMs: 50 });
    await (await kit.acquire({ stack: 'x' })).release();
    await collected();
    expect(kit.pool.stats()).toMatchObject({ reclaimed: 0, idle: 1 });
    await forget(kit, { stack: 'y' });
    await kit.clock.advanceAsync(60);
    expect(kit.pool.stats().leaked).toBe(1);
    await collected(() => kit.pool.stats().reclaimed > 0);
    expect(kit.seen.named('leakReturned')).toEqual([]);
  });
});
