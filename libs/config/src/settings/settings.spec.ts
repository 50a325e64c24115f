// The promises of each key: its default is lawful, its bounds are where the documents say, one step further is refused.
import { availableParallelism } from 'node:os';
import { validateSync } from 'class-validator';
import { describe, expect, it } from '@jest/globals';
import { linesOfOne, load, loadOne, failureOf } from '../../test-support/fixtures.js';
import { CircuitSettings } from './circuit.settings.js';
import { ConnectionSettings } from './connection.settings.js';
import { DatabasesSettings } from './databases.settings.js';
import { HealthSettings } from './health.settings.js';
import { rulesOf } from './key-rules.js';
import { LanesSettings } from './lanes.settings.js';
import { ResultsSettings } from './results.settings.js';
import { TlsSettings } from './tls.settings.js';

const MAX_MS = 2_147_483_647;
const connectionBounds: [string, number, number, number][] = [
  ['Port', 5432, 1, 65_535],
  ['MaxConnections', 10, 1, 10_000],
  ['MinConnections', 0, 0, 10_000],
  ['MaxQueue', 200, 0, 1_000_000],
  ['ConnectTimeoutMs', 5000, 1, 120_000],
  ['AcquireTimeoutMs', 5000, 1, 120_000],
  ['StatementTimeoutMs', 30_000, 0, MAX_MS],
  ['LockTimeoutMs', 10_000, 0, MAX_MS],
  ['IdleInTransactionTimeoutMs', 30_000, 0, MAX_MS],
  ['TransactionTimeoutMs', 60_000, 0, MAX_MS],
  ['CancelTimeoutMs', 1000, 0, 60_000],
  ['IdleTimeoutMs', 60_000, 0, MAX_MS],
  ['MaxLifetimeMs', 1_800_000, 0, MAX_MS],
  ['LifetimeJitter', 0.2, 0, 1],
  ['KeepaliveMs', 120_000, 0, MAX_MS],
  ['ValidateAfterIdleMs', 1000, 0, MAX_MS],
  ['ValidationTimeoutMs', 1000, 1, 120_000],
  ['LeakThresholdMs', 30_000, 0, MAX_MS],
  ['Pipelines', 4, 0, 64],
  ['DnsRecheckMs', 10_000, 0, MAX_MS],
  ['PreparedCacheSize', 100, 0, 10_000],
];
const databasesBounds: [string, number, number, number][] = [
  ['Workers', 1, 0, availableParallelism()],
  ['StartupTimeoutMs', 30_000, 1, 600_000],
  ['ShutdownTimeoutMs', 10_000, 0, 600_000],
];

describe('settings', () => {
  it.each([DatabasesSettings, HealthSettings, TlsSettings, ResultsSettings, LanesSettings, CircuitSettings])(
    '%p has lawful defaults',
    (settings) => {
      expect(validateSync(new settings())).toEqual([]);
    },
  );

  it('asks nobody for anything but host, database and user', () => {
    const missing = validateSync(new ConnectionSettings()).map(({ property }) => property);
    expect(missing).toEqual(['Host', 'Database', 'Username']);
    const required = [...rulesOf(ConnectionSettings)].filter(([, rule]) => rule.required).map(([name]) => name);
    expect(required).toEqual(missing);
  });

  it('has a rule for every property that has a default', () => {
    for (const settings of [
      ConnectionSettings,
      HealthSettings,
      TlsSettings,
      ResultsSettings,
      LanesSettings,
      CircuitSettings,
    ]) {
      const properties = Object.keys(new settings());
      expect([...rulesOf(settings).keys()]).toEqual(expect.arrayContaining(properties));
    }
  });

  it.each(connectionBounds)('%s is %d, from %d to %d', (key, byDefault, min, max) => {
    const room = { MaxConnections: key === 'MinConnections' ? 10_000 : 10 };
    const step = key === 'LifetimeJitter' ? 0.01 : 1;
    expect(Reflect.get(loadOne({}), key)).toBe(byDefault);
    expect(Reflect.get(loadOne({ ...room, [key]: min }), key)).toBe(min);
    expect(Reflect.get(loadOne({ ...room, [key]: String(max) }), key)).toBe(max);
    const kind = key === 'LifetimeJitter' ? 'a number' : 'an integer';
    for (const value of [min - step, max + step]) {
      expect(linesOfOne({ [key]: value })).toEqual([`${key}: must be ${kind} from ${min} to ${max}, got ${value}`]);
    }
  });

  it.each(databasesBounds)('Databases.%s is %d, from %d to %d', (key, byDefault, min, max) => {
    expect(Reflect.get(load({}).config.Databases, key)).toBe(byDefault);
    for (const value of [min, max]) expect(Reflect.get(load({ [key]: value }).config.Databases, key)).toBe(value);
    for (const value of [min - 1, max + 1]) {
      expect(failureOf(() => load({ [key]: value })).message).toBe(
        `Databases.${key}: must be an integer from ${min} to ${max}, got ${value}`,
      );
    }
  });

  it('has the documented words and switches', () => {
    const { Databases } = load({}).config;
    expect([Databases.Strict, Databases.Startup, Databases.RequireTls]).toEqual([true, 'fail-fast', false]);
    expect(Databases.Health).toEqual({ TimeoutMs: 1000, CacheMs: 1000, ShowDetails: false });
    const settings = loadOne({});
    expect(settings).toMatchObject({ Enabled: true, Type: 'postgres', ResetOnRelease: 'smart' });
    expect(settings).toMatchObject({ ApplicationName: 'hydrogen', Results: { MaxRows: 0, MaxBytes: 268_435_456 } });
    expect(linesOfOne({ ResetOnRelease: 'all', Tls: { Mode: 'prefer' } })).toEqual([
      'ResetOnRelease: must be one of none, smart, discard-all, got "all"',
      'Tls.Mode: must be one of disable, require, verify-ca, verify-full, got "prefer"',
    ]);
    expect(failureOf(() => load({ Startup: 'slow', Health: { CacheMs: -1, TimeoutMs: 0 } })).issues).toHaveLength(3);
  });
});
