// When a worker is taken for stuck, and when not: the watch is given the time, so no clock is waited for.
import { describe, expect, it } from '@jest/globals';
import { BEAT_MS, createPulse, LOOK_MS, PulseWatch } from './heartbeat.js';

class Scene {
  readonly pulse = createPulse();
  readonly #counter = new Int32Array(this.pulse, 0, 1);
  now = 5_000;
  readonly watch = new PulseWatch(this.pulse, this.now);

  beat(): void {
    Atomics.add(this.#counter, 0, 1);
  }

  look(afterMs = LOOK_MS): boolean {
    this.now += afterMs;
    return this.watch.look(this.now);
  }
}

describe('a worker', () => {
  it('whose loop turns is well, for as long as it does', () => {
    const scene = new Scene();
    for (let n = 0; n < 100; n++) {
      scene.beat();
      expect(scene.look()).toBe(true);
    }
  });

  it('whose loop stands still is found before two seconds have passed', () => {
    const scene = new Scene();
    let well = true;
    const start = scene.now;
    while (well) well = scene.look();
    expect(scene.now - start + BEAT_MS).toBeLessThan(2_000);
    expect(scene.now - start).toBeGreaterThan(1_000);
  });

  it('that beats once more starts its time anew', () => {
    const scene = new Scene();
    for (let round = 0; round < 10; round++) {
      for (let n = 0; n < 5; n++) expect(scene.look()).toBe(true);
      scene.beat();
    }
  });

  it('is not judged by a thread that was away itself, however long', () => {
    const scene = new Scene();
    for (let n = 0; n < 5; n++) scene.look();
    expect(scene.look(60_000)).toBe(true);
    for (let n = 0; n < 5; n++) expect(scene.look()).toBe(true);
    expect(scene.look()).toBe(false);
  });

  it('is judged by looks that are a little late, as they are on a busy machine', () => {
    const scene = new Scene();
    for (let n = 0; n < 5; n++) expect(scene.look(LOOK_MS * 1.6)).toBe(true);
    expect(scene.look(LOOK_MS * 1.6)).toBe(false);
  });
});
