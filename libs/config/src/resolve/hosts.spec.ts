// Several hosts in the place of one: as blocks, as a text, by a Url; inherited, shown and refused.
import { describe, expect, it } from '@jest/globals';
import { linesOfOne, load, loadOne, type Loose } from '../../test-support/fixtures.js';
import { listPlaceholders } from '../list-placeholders.js';
import type { ConnectionSettings } from '../settings/connection.settings.js';

const NO_HOST = { Host: undefined };
const withHosts = (Hosts: unknown, keys: Loose = {}, env: Record<string, string> = {}): ConnectionSettings =>
  loadOne({ ...NO_HOST, Hosts, ...keys }, env);
const listed = ({ Hosts }: ConnectionSettings): unknown => Hosts?.map((host) => ({ ...host }));

describe('Hosts', () => {
  it('are blocks with placeholders in each value, and ports of their own or the common one', () => {
    const settings = withHosts(
      [{ Host: '{$env.A}', Port: '{$env.P}', Weight: 3 }, { Host: 'b', Weight: '1' }, 'c:7'],
      { Port: 6000 },
      { A: 'a', P: '5' },
    );
    expect(listed(settings)).toEqual([
      { Host: 'a', Port: 5, Weight: 3 },
      { Host: 'b', Port: 6000, Weight: 1 },
      { Host: 'c', Port: 7, Weight: undefined },
    ]);
    expect([settings.Host, settings.Port]).toEqual(['a', 5]);
  });

  it('are one text, so that a variable may hold as many as there are', () => {
    const settings = withHosts('{$env.H}', { Tls: { Mode: 'disable' } }, { H: 'a, b:7,[::1]:8,2001:db8::1,/run/pg' });
    expect(listed(settings)).toEqual(
      [
        ['a', 5432],
        ['b', 7],
        ['::1', 8],
        ['2001:db8::1', 5432],
        ['/run/pg', 5432],
      ].map(([Host, Port]) => ({ Host, Port, Weight: undefined })),
    );
  });

  it('come from a Url too, with target_session_attrs', () => {
    const parts = { Database: undefined, Username: undefined, Password: undefined };
    const settings = loadOne({
      ...NO_HOST,
      ...parts,
      Url: 'postgres://u@a:1,b/d?target_session_attrs=prefer-standby',
    });
    expect(listed(settings)).toEqual([
      { Host: 'a', Port: 1, Weight: undefined },
      { Host: 'b', Port: 5432, Weight: undefined },
    ]);
    expect(settings.TargetSession).toBe('prefer-standby');
    const own = { ...NO_HOST, ...parts, Url: 'postgres://u@a/d?target_session_attrs=primary', TargetSession: 'any' };
    expect(linesOfOne(own)).toEqual([
      'Url: contradicts Databases.Connections.A.TargetSession; give one of them, or the same in both',
    ]);
  });

  it('ask for a session that writes where there are several, unless another is asked for', () => {
    expect(loadOne({}).TargetSession).toBe('any');
    expect(withHosts(['a']).TargetSession).toBe('any');
    expect(withHosts(['a', 'b']).TargetSession).toBe('read-write');
    expect(withHosts(['a', 'b'], { TargetSession: 'standby' }).TargetSession).toBe('standby');
  });

  it('are encrypted by default unless all of them are near', () => {
    expect(withHosts(['localhost', '127.0.0.2:7']).Tls.Mode).toBe('disable');
    expect(withHosts(['localhost', 'db.example.org']).Tls.Mode).toBe('verify-full');
    expect(linesOfOne({ ...NO_HOST, Hosts: ['/run/pg', 'db.example.org'] })).toEqual([
      'Tls.Mode: must be disable: PostgreSQL has no TLS on a unix socket',
    ]);
  });

  it('stand alone, and give way to a Host or a Url of the connection when inherited', () => {
    expect(linesOfOne({ Hosts: ['a', 'b'] })).toEqual(['Hosts: cannot stand beside Host; give one or the other']);
    const Defaults = { Hosts: ['a', 'b'] };
    const inherited = loadOne(NO_HOST, {}, { Defaults });
    expect([inherited.Host, inherited.Hosts?.length]).toEqual(['a', 2]);
    const own = loadOne({ Host: 'own' }, {}, { Defaults });
    expect([own.Host, own.Hosts, own.TargetSession]).toEqual(['own', undefined, 'any']);
    const url = { ...NO_HOST, Database: undefined, Username: undefined, Password: undefined, Url: 'postgres://u@h/d' };
    expect(loadOne(url, {}, { Defaults })).toMatchObject({ Host: 'h', TargetSession: 'any' });
    expect(linesOfOne({ ...url, Hosts: ['a'] })).toEqual(['Url: cannot stand beside Hosts; give one or the other']);
    const single = loadOne({ ...NO_HOST, Hosts: ['a', 'b'] }, {}, { Defaults: { Host: 'other' } });
    expect([single.Host, single.Hosts?.length]).toEqual(['a', 2]);
  });

  it.each<[unknown, string[]]>([
    [[], ['Hosts: must be a list with at least one entry']],
    [5, ['Hosts: must be a list of { "Host", "Port", "Weight" }, or a text such as "a:5432, b:5433"']],
    [[5], ['Hosts: must be a list of { "Host", "Port", "Weight" }, or a text such as "a:5432, b:5433"']],
    [[{ Port: 5 }], ['Hosts[0].Host: is required']],
    [['a:x'], ['Hosts[0]: must be an integer from 1 to 65535, got "x"']],
    [[{ Host: 'a', Weight: 0 }], ['Hosts[0].Weight: must be an integer from 1 to 10000, got 0']],
    [[{ Host: 'a', Pord: 1 }], ['Hosts[0].Pord: unknown key, did you mean Port?']],
    ['{$env.H}', ['Hosts: environment variable H is not set']],
    [
      ['a b', 'c'],
      ['Hosts[0].Host: must be one host name, one address without brackets, or the folder of a unix socket'],
    ],
  ])('are refused when they are %j', (Hosts, lines) => {
    expect(linesOfOne({ ...NO_HOST, Hosts })).toEqual(lines);
  });

  it('are shown in the report, and hidden where they come from a secret', () => {
    const rest = { Database: 'd', Username: 'u' };
    const shown = (Hosts: unknown, env = {}, Host?: string): unknown =>
      load({ Connections: { A: { Host, ...rest, Hosts } } }, env)
        .report()
        .find(({ path }) => path === 'Databases.Connections.A.Hosts');
    expect(shown(['a:1', { Host: '{$env.B}' }], { B: 'b' })).toMatchObject({
      value: 'a:1, b',
      source: 'env',
      env: ['B'],
    });
    expect(shown('{$env.A_TOKEN}', { A_TOKEN: 'hunter2' })).toMatchObject({ value: 'set' });
    expect(shown(undefined, {}, 'h')).toMatchObject({ value: 'not set', source: 'default' });
  });

  it('are searched for placeholders', () => {
    const config = { Connections: { A: { Hosts: [{ Host: '{$env.A}' }, '{$env.B}'], Database: 'd' } } };
    expect(listPlaceholders({ config, env: {} }).map(({ path, variable }) => [path, variable])).toEqual([
      ['Databases.Connections.A.Hosts[0].Host', 'A'],
      ['Databases.Connections.A.Hosts[1]', 'B'],
    ]);
  });
});
