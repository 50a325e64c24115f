import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isPostmasterOf, processStamp } from './system-process.js';

describe('processStamp', () => {
  it('stays the same for a living process and differs between two', async () => {
    const other = spawn('sleep', ['30'], { stdio: 'ignore' });
    try {
      const stamp = await processStamp(other.pid!);
      expect(stamp).toBeDefined();
      expect(await processStamp(other.pid!)).toBe(stamp);
      expect(await processStamp(process.pid)).not.toBe(stamp);
    } finally {
      other.kill();
      await once(other, 'exit');
    }
    expect(await processStamp(other.pid!)).toBeUndefined();
  });
});

describe('isPostmasterOf', () => {
  it('does not take any living process for a postmaster', async () => {
    expect(await isPostmasterOf(process.pid, '/some/data')).toBe(false);
  });
});
