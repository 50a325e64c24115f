// Lines about failures: which are said, what stands in them, and when they stop.
import { describe, expect, it } from '@jest/globals';
import { ManualClock, StepTimeoutError } from '@hydrogen/pool';
import { databaseError } from '../errors/database.error.js';
import { ConnectReports } from './connect-reports.js';
import { LeaseReports } from './lease-reports.js';
import { LossReports } from './loss-reports.js';
import { PoolRecorder } from './pool-recorder.js';

function kit() {
  const clock = new ManualClock();
  const lines: string[] = [];
  const log = {
    log: (message: string) => void lines.push(`log: ${message}`),
    warn: (message: string) => void lines.push(`warn: ${message}`),
  };
  return { clock, lines, log };
}

const refused = databaseError({ code: 'DB_CONNECT_FAILED', message: 'Main: cannot connect to db:5432: refused' });

describe('failed connects', () => {
  it('are said first, each tenth time and by the minute, and once when they are over', () => {
    const { clock, lines, log } = kit();
    const reports = new ConnectReports({ database: 'Main', target: 'db:5432', clock, log });
    for (let attempt = 1; attempt <= 1_000; attempt++) {
      reports.failed(refused, attempt, 150.4);
      clock.advance(200);
    }
    reports.succeeded();
    expect(lines).toHaveLength(15);
    expect(lines[0]).toBe(
      'warn: Main: cannot connect to db:5432: refused (DB_CONNECT_FAILED, attempt 1, next attempt in 150 ms or later)',
    );
    expect(lines.map((line) => /attempt (\d+),/.exec(line)?.[1])).toEqual([
      '1',
      ...Array.from({ length: 10 }, (_, index) => String(10 * (index + 1))),
      '400',
      '700',
      '1000',
      undefined,
    ]);
    expect(lines.at(-1)).toBe('log: Main: connected again after 200.0 s, 1000 failed attempts');
  });

  it('begin anew after a success, which by itself says nothing', () => {
    const { clock, lines, log } = kit();
    const reports = new ConnectReports({ database: 'Main', target: 'db:5432', clock, log });
    reports.succeeded();
    reports.failed(refused, 1, 0);
    reports.succeeded();
    reports.succeeded();
    reports.failed(new Error('of a password function'), 1, 0);
    expect(lines).toHaveLength(3);
    // Not an error of ours: it gets the names that it lacks.
    expect(lines[2]).toMatch(/^warn: Main: db:5432: of a password function \(other, attempt 1,/);
  });

  it('that were given up by the pool are said and counted as what they are', () => {
    const { clock, lines, log } = kit();
    const late = [
      new StepTimeoutError('connect', 5000),
      new StepTimeoutError('connect', 203.4, 'given up for a fresh one'),
    ];
    const recorder = new PoolRecorder();
    for (const error of late) {
      new ConnectReports({ database: 'Main', target: 'db:5432', clock, log }).failed(error, 1, 0);
      recorder.createFailed(error);
    }
    expect(lines).toEqual([
      'warn: Main: db:5432: connect did not end within 5000 ms (DB_CONNECT_TIMEOUT, attempt 1, next attempt in 0 ms or later)',
      'warn: Main: db:5432: connect did not end within 203 ms; given up for a fresh one (DB_CONNECT_TIMEOUT, attempt 1, next attempt in 0 ms or later)',
    ]);
    expect(recorder.counters().connectFailures).toEqual({ DB_CONNECT_TIMEOUT: 2 });
  });
});

describe('faults of callers', () => {
  it('are said once for each place, then rarely with their number', () => {
    const { clock, lines, log } = kit();
    const reports = new LeaseReports('Main', clock, log);
    for (let n = 0; n < 25; n++) reports.dirtyRelease('at a.ts');
    reports.dirtyRelease('at b.ts');
    reports.doubleRelease('at a.ts');
    reports.doubleRelease();
    expect(lines.map((line) => line.replace('warn: Main: ', ''))).toEqual([
      'given back inside an open transaction, which is rolled back\nat a.ts',
      'given back inside an open transaction, which is rolled back (10 times from there)\nat a.ts',
      'given back inside an open transaction, which is rolled back (20 times from there)\nat a.ts',
      'given back inside an open transaction, which is rolled back\nat b.ts',
      'a lease was released twice\nat a.ts',
      'a lease was released twice',
    ]);
  });
});

describe('lost connections', () => {
  const lost = databaseError({ code: 'DB_CONNECTION_LOST', message: 'Main: connection lost (reset)' });

  it('are news again after a minute without one', () => {
    const { clock, lines, log } = kit();
    const reports = new LossReports('Main', clock, log);
    for (let pid = 1; pid <= 9; pid++) reports.lost(lost, pid);
    clock.advance(59_999);
    reports.lost(lost, 10);
    clock.advance(60_000);
    reports.lost(lost, 11);
    expect(lines).toEqual([
      'warn: Main: lost a connection: connection lost (reset) (session 1, DB_CONNECTION_LOST)',
      'warn: Main: lost a connection: connection lost (reset) (session 10, DB_CONNECTION_LOST, 10 of late)',
      'warn: Main: lost a connection: connection lost (reset) (session 11, DB_CONNECTION_LOST)',
    ]);
  });
});
