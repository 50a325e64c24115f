// Both clocks: the real one only where it could surprise.
import { describe, expect, it } from '@jest/globals';
import { systemClock } from './clock.js';
import { ManualClock } from './manual-clock.js';

describe('the system clock', () => {
  it('fires, cancels, and never fires at once for a very long time', async () => {
    const fired: string[] = [];
    systemClock.setTimer(5, () => fired.push('short'));
    systemClock.setTimer(1, () => fired.push('cancelled')).cancel();
    const long = systemClock.setTimer(2 ** 40, () => fired.push('long'));
    const never = systemClock.setTimer(Infinity, () => fired.push('never'));
    const before = systemClock.now();
    await new Promise<void>((resolve) => systemClock.setTimer(30, resolve));
    expect(fired).toEqual(['short']);
    expect(systemClock.now() - before).toBeGreaterThan(25);
    long.cancel();
    never.cancel();
  });
});

describe('the manual clock', () => {
  it('fires in order of time, then of setting, also timers set on the way', () => {
    const clock = new ManualClock(100);
    const fired: string[] = [];
    clock.setTimer(20, () => fired.push('b'));
    clock.setTimer(10, () => {
      fired.push(`a at ${clock.now()}`);
      clock.setTimer(10, () => fired.push('c'));
      clock.setTimer(50, () => fired.push('too late'));
    });
    clock.setTimer(15, () => fired.push('cancelled')).cancel();
    clock.advance(20);
    expect(fired).toEqual(['a at 110', 'b', 'c']);
    expect(clock.now()).toBe(120);
    expect(clock.pendingTimers).toBe(1);
  });
});
