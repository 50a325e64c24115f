// The table of moves, as sequences of probes: g = good, f = failed.
import { describe, expect, it } from '@jest/globals';
import { HealthTracker } from './health-tracker.js';

describe('a database', () => {
  it.each([
    ['is up at its first good probe', 'g', 'up'],
    ['is down at its first failed probe: there is no service to protect yet', 'f', 'down'],
    [
      'that was down from the start is up by its first good probe: there is nothing to recover from',
      'ffgg',
      'down down up up',
    ],
    ['is degraded after one failed probe', 'gf', 'up degraded'],
    ['is down after three failed probes in a row', 'gfff', 'up degraded degraded down'],
    ['is up again by one good probe when it was only degraded', 'gffg', 'up degraded degraded up'],
    [
      'counts failures in a row: a good probe between starts anew',
      'gffgff',
      'up degraded degraded up degraded degraded',
    ],
    ['is up again after two good probes in a row when it was down', 'gfffgg', 'up degraded degraded down down up'],
    [
      'starts anew when a failed probe comes between the two',
      'gfffgfgg',
      'up degraded degraded down down down down up',
    ],
    ['stays down while it fails', 'gfffff', 'up degraded degraded down down down'],
    ['has a new allowance once it was up again', 'gfffggf', 'up degraded degraded down down up degraded'],
  ])('%s (%s)', (_sentence, probes, verdicts) => {
    const tracker = new HealthTracker();
    const seen = [...probes].map((probe) => (probe === 'g' ? tracker.good() : tracker.failed()));
    expect(seen.join(' ')).toBe(verdicts);
  });
});

describe('what is known beside the verdict', () => {
  it('is nothing before the first probe', () => {
    const tracker = new HealthTracker();
    expect({ status: tracker.status, hasBeenUp: tracker.hasBeenUp, unsettled: tracker.unsettled }).toEqual({
      status: undefined,
      hasBeenUp: false,
      unsettled: false,
    });
  });

  it('is whether it has been up, for good', () => {
    const tracker = new HealthTracker();
    tracker.failed();
    expect(tracker.hasBeenUp).toBe(false);
    tracker.good();
    for (let n = 0; n < 5; n++) tracker.failed();
    expect(tracker.hasBeenUp).toBe(true);
  });

  it('is whether probes must go on by themselves: until it is up', () => {
    const tracker = new HealthTracker();
    const unsettled = [...'gfffgg'].map((probe) => {
      if (probe === 'g') tracker.good();
      else tracker.failed();
      return tracker.unsettled;
    });
    expect(unsettled).toEqual([false, true, true, true, true, false]);
  });
});
