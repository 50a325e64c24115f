// docs/configuration.md and the settings classes tell the same: every key has a row, with its default.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repository } from '../test-support/fixtures.js';
import { ConnectionSettings } from './settings/connection.settings.js';
import { DatabasesSettings } from './settings/databases.settings.js';
import { rulesOf } from './settings/key-rules.js';

/** Keys whose default is told in words. */
const IN_WORDS = [
  'Host',
  'Database',
  'Username',
  'MaxQueue',
  'Pipelines',
  'TargetSession',
  'Lanes.SlowMax',
  'Tls.Mode',
];

function keysOf(settings: object, prefix = ''): [string, unknown][] {
  return [...rulesOf(settings.constructor)].flatMap(([name, rule]) => {
    const value: unknown = Reflect.get(settings, name);
    return rule.block === undefined || rule.kind === 'list'
      ? [[prefix + name, value]]
      : keysOf(value as object, `${prefix}${name}.`);
  });
}

describe('docs/configuration.md', () => {
  const rows = readFileSync(join(repository, 'docs/configuration.md'), 'utf8')
    .split('\n')
    .map((line) => /^\| `([A-Za-z.]+)`[^|]*\| ([^|]*) \|/.exec(line))
    .filter((row) => row !== null)
    .map(([, key = '', byDefault = '']) => [key, byDefault.replaceAll('`', '')] as const);
  const documented = new Map(rows);
  const keys = [...keysOf(new DatabasesSettings()), ...keysOf(new ConnectionSettings())];

  it.each(keys)('has a row for %s', (key, byDefault) => {
    expect([...documented.keys()]).toContain(key);
    if (byDefault !== undefined && !IN_WORDS.includes(key))
      expect(documented.get(key)).toBe(typeof byDefault === 'string' ? byDefault : JSON.stringify(byDefault));
  });

  it('has no row for a key that does not exist', () => {
    const input = ['Defaults', 'Connections', 'Url'];
    expect([...documented.keys()].toSorted()).toEqual([...keys.map(([key]) => key), ...input].toSorted());
  });
});
