// What is remembered of statements: enough to place them, and no more than fits.
import { describe, expect, it } from '@jest/globals';
import { StatementProfiles } from './statement-profile.js';

describe('a profile', () => {
  it('begins with its first measurement, rises slowly and comes down quickly', () => {
    const profile = new StatementProfiles().of('a');
    profile.measured(1, 100);
    expect(profile).toMatchObject({ seen: 1, meanMs: 1, meanBytes: 100 });
    profile.measured(5, 1_100);
    expect(profile).toMatchObject({ meanMs: 2.2, meanBytes: 400 });
    profile.measured(1, 0);
    expect(profile.meanMs).toBeCloseTo(1.48);
    expect(profile.meanBytes).toBeCloseTo(160);
  });

  it('takes two stalls for stalls, and the third for the truth', () => {
    const profile = new StatementProfiles().of('a');
    const means = [0, 100, 100, 100].map((ms) => {
      profile.measured(ms, 0);
      return Math.round(profile.meanMs);
    });
    expect(means).toEqual([0, 0, 1, 31]);
  });
});

describe('the profiles', () => {
  it('are kept by text while they are used, and never more than a thousand', () => {
    const profiles = new StatementProfiles();
    const used = profiles.of('used');
    used.measured(1, 1);
    for (let n = 0; n < 10_000; n++) {
      profiles.of(`once ${n}`);
      if (n % 100 === 0) profiles.of('used');
      if (profiles.size > 1_001) throw new Error(`${profiles.size} profiles`);
    }
    expect(profiles.of('used')).toBe(used);
    expect(profiles.of('once 0')).toMatchObject({ seen: 0 });
  });

  it('are shown by the time they took together', () => {
    const profiles = new StatementProfiles();
    for (const [text, ms, times] of [
      ['dear', 50, 1],
      ['often', 1, 100],
      ['cheap', 1, 1],
    ] as const) {
      for (let n = 0; n < times; n++) profiles.of(text).measured(ms, 0);
    }
    expect(profiles.top(2).map(({ text }) => text)).toEqual(['often', 'dear']);
  });
});
