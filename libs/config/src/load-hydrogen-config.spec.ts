// The loader from outside: the seed file, missing variables, types, spellings, inheritance, freezing.
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  failureOf,
  inTemporaryFolder,
  linesOfOne,
  load,
  loadOne,
  repository,
  twentyVariables,
  valid,
} from '../test-support/fixtures.js';
import { loadHydrogenConfig } from './load-hydrogen-config.js';
import { Secret } from './secret.js';

const sortedLines = (text: string): string[] => text.split('\n').toSorted();

describe('the seed file', () => {
  const seed = join(repository, 'hydrogen.json');

  it('loads byte for byte with the twenty variables', () => {
    const { config, file, warnings } = loadHydrogenConfig({ env: twentyVariables(), cwd: repository });
    expect([file, warnings]).toEqual([seed, []]);
    expect(Object.keys(config.Databases.Connections)).toEqual(['OIDC', 'Acuranzo', 'Helium', 'Canvas']);
    expect(config.Databases.Workers).toBe(1);
    const { Password, ...helium } = config.Databases.Connections['Helium']!;
    expect(helium).toMatchObject({
      Type: 'postgres',
      Host: 'db.example.org',
      Port: 5435,
      Database: 'helium',
      Username: 'helium_svc',
      MaxConnections: 10,
      MaxQueue: 200,
      Tls: { Mode: 'verify-full' },
    });
    expect((Password as Secret).reveal()).toBe('pw-of-HELIUM');
  });

  it('names each of three missing variables on a line of its own', () => {
    const env = { ...twentyVariables(), OIDC_DB_PORT: undefined, HELIUM_DB_PASS: undefined, CANVAS_DB_HOST: undefined };
    const error = failureOf(() => loadHydrogenConfig({ env, cwd: repository }));
    expect(error.message).toBe(
      'Databases.Connections.OIDC.Port: environment variable OIDC_DB_PORT is not set\n' +
        'Databases.Connections.Helium.Password: environment variable HELIUM_DB_PASS is not set\n' +
        'Databases.Connections.Canvas.Host: environment variable CANVAS_DB_HOST is not set',
    );
    expect(error.issues.map(({ env: name }) => name)).toEqual(['OIDC_DB_PORT', 'HELIUM_DB_PASS', 'CANVAS_DB_HOST']);
  });

  it('names all twenty when none is set', () => {
    const { issues } = failureOf(() => loadHydrogenConfig({ env: {}, cwd: repository }));
    expect(issues.map(({ env }) => env)).toEqual(Object.keys(twentyVariables()));
  });

  it('reads process.env and .env by itself, and writes to neither', () => {
    inTemporaryFolder((folder) => {
      writeFileSync(join(folder, 'hydrogen.json'), readFileSync(seed));
      const lines = Object.entries(twentyVariables()).map(([name, value]) => `${name}=${value}`);
      writeFileSync(join(folder, '.env'), lines.join('\n'));
      const before = { ...process.env };
      const { config } = loadHydrogenConfig({ cwd: folder });
      expect(config.Databases.Connections['OIDC']!.Database).toBe('oidc');
      expect({ ...process.env }).toEqual(before);
    });
  });
});

describe('types', () => {
  it.each(['00123', 'true', '1e3', 'null', '5432', ' x ', '{}'])('keeps the password %j a text', (password) => {
    for (const key of ['Password', 'Pass']) {
      const settings = loadOne({ Password: undefined, [key]: '{$env.P}' }, { P: password });
      expect((settings.Password as Secret).reveal()).toBe(password);
    }
    expect(loadOne({ Database: password === ' x ' ? 'x' : password }).Database).toBe(password.trim());
  });

  it.each([
    ['5432', 5432],
    ['+5432', 5432],
    ['005432', 5432],
    [5432, 5432],
  ])('reads the port %j', (text, port) => {
    expect(loadOne({ Port: text }).Port).toBe(port);
    expect(loadOne({ Port: '{$env.P}' }, { P: String(text) }).Port).toBe(port);
  });

  it.each(['abc', '1e3', '0x10', '54.0', ' 5432', '5432 ', '5432a', '--1', '٣'])('refuses the port %j', (text) => {
    const wanted = 'must be an integer from 1 to 65535, got';
    expect(linesOfOne({ Port: text })).toEqual([`Port: ${wanted} ${JSON.stringify(text)}`]);
    expect(linesOfOne({ Port: '{$env.P}' }, { P: text })).toEqual([`Port: ${wanted} ${JSON.stringify(text)} from P`]);
  });

  it.each([
    [0, '0'],
    [65_536, '65536'],
    ['-1', '"-1"'],
    [54.5, '54.5'],
    [null, 'null'],
    [true, 'true'],
    [['5432'], 'a list'],
    [{}, 'an object'],
    ['9'.repeat(400), `"${'9'.repeat(60)}…"`],
  ])('refuses the port %j and shows it', (value, shown) => {
    expect(linesOfOne({ Port: value })).toEqual([`Port: must be an integer from 1 to 65535, got ${shown}`]);
  });

  it.each([
    ...['true', 'TRUE', '1', 'yes', 'Yes', 'on', true, 1].map((word) => [word, true]),
    ...['false', 'False', '0', 'no', 'NO', 'off', false, 0].map((word) => [word, false]),
  ])('reads the flag %j as %j', (word, flag) => {
    expect(load({ RequireTls: word, Connections: {} }).config.Databases.RequireTls).toBe(flag);
  });

  it.each(['y', 't', '', '2', 'enabled', 2, null])('refuses the flag %j', (word) => {
    const { message } = failureOf(() => load({ RequireTls: word, Connections: {} }));
    expect(message).toBe(`Databases.RequireTls: must be true or false, got ${JSON.stringify(word)}`);
  });

  it.each([
    ['0.5', 0.5],
    ['.25', 0.25],
    ['1', 1],
    [0, 0],
  ])('reads the jitter %j', (text, jitter) => expect(loadOne({ LifetimeJitter: text }).LifetimeJitter).toBe(jitter));

  it.each(['1.1', '1e-1', 'x', '.', -0.1])('refuses the jitter %j', (value) => {
    expect(linesOfOne({ LifetimeJitter: value })).toEqual([
      `LifetimeJitter: must be a number from 0 to 1, got ${JSON.stringify(value)}`,
    ]);
  });

  it('makes minus zero the zero that everybody compares with', () => {
    expect(Object.is(loadOne({ MinConnections: '-0' }).MinConnections, 0)).toBe(true);
  });

  it('knows one kind of server under two words', () => {
    expect(loadOne({ Type: 'postgresql' }).Type).toBe('postgres');
    expect(loadOne({ Engine: '{$env.E:-postgres}' }).Type).toBe('postgres');
    expect(linesOfOne({ Type: 'mysql' })).toEqual(['Type: must be one of postgres, postgresql, got "mysql"']);
    expect(linesOfOne({ Type: 'constructor' })).toEqual([
      'Type: must be one of postgres, postgresql, got "constructor"',
    ]);
  });

  it('lets a text key have text only', () => {
    const wanted = 'must be text and not empty, got';
    expect(linesOfOne({ Database: 5, Username: null, Host: ['a'] })).toEqual([
      `Host: ${wanted} a list`,
      `Database: ${wanted} 5`,
      `Username: ${wanted} null`,
    ]);
    expect(linesOfOne({ Username: 'svc\0database\0postgres' })[0]).toMatch(/^Username: must not contain NUL, got/);
  });

  it('allows as many workers as there are cores', () => {
    const cores = availableParallelism();
    expect(load({ Workers: cores }).config.Databases.Workers).toBe(cores);
    expect(load({ Workers: '0' }).config.Databases.Workers).toBe(0);
    expect(failureOf(() => load({ Workers: cores + 1 })).message).toBe(
      `Databases.Workers: must be an integer from 0 to ${cores}, got ${cores + 1}`,
    );
  });
});

describe('what is not there', () => {
  it('asks for the required keys, all at once', () => {
    expect(failureOf(() => load({ Connections: { A: {}, B: { ...valid, Host: undefined } } })).message).toBe(
      ['A.Host', 'A.Database', 'A.Username', 'B.Host']
        .map((key) => `Databases.Connections.${key}: is required`)
        .join('\n'),
    );
  });

  it('takes an empty value for a missing one', () => {
    expect(linesOfOne({ Host: '{$env.H}', Port: '${env.P}' }, { H: '', P: '' })).toEqual([
      'Host: environment variable H is not set (it is empty)',
      'Port: environment variable P is not set (it is empty)',
    ]);
    expect(linesOfOne({ Host: '' })).toEqual(['Host: must be text and not empty, got ""']);
  });

  it('takes an empty password only where it is written down', () => {
    expect((loadOne({ Password: '' }).Password as Secret).reveal()).toBe('');
    expect((loadOne({ Password: '{$env.P:-}' }).Password as Secret).reveal()).toBe('');
    expect(linesOfOne({ Password: '{$env.P}' }, { P: '' })).toEqual([
      'Password: environment variable P is not set (it is empty)',
    ]);
  });

  it('needs no password at all', () => expect(loadOne({ Password: undefined }).Password).toBeUndefined());

  it('is satisfied by no connection, for they may be added at run time', () => {
    expect(load({}).config.Databases.Connections).toEqual({});
  });

  it('does not mind what a disabled connection lacks, and minds the rest of it', () => {
    const settings = loadOne({ Enabled: '{$env.ON:-no}', Host: '{$env.H}', Database: undefined, Port: '{$env.P}' });
    expect(settings).toMatchObject({ Enabled: false, Host: '', Port: 5432, Username: 'svc' });
    expect(linesOfOne({ Enabled: false, Host: '{$env.H}', Port: 'x', Hots: 1, User: 'u' })).toEqual([
      'Hots: unknown key, did you mean Host?',
      'User: the same setting as Username, give one of them',
      'Port: must be an integer from 1 to 65535, got "x"',
    ]);
  });

  it('draws no conclusion from what a disabled connection lacks', () => {
    const settings = loadOne({ Enabled: false, MaxConnections: '{$env.MAX}', MinConnections: 50 });
    expect([settings.MaxConnections, settings.MinConnections]).toEqual([10, 50]);
  });

  it('does not take a connection for disabled because its Enabled is missing', () => {
    expect(linesOfOne({ Enabled: '{$env.ON}', Host: '{$env.H}' })).toEqual([
      'Host: environment variable H is not set',
      'Enabled: environment variable ON is not set',
    ]);
  });
});

describe('names', () => {
  it('points at the nearest known key', () => {
    expect(linesOfOne({ MaxConection: 5 })).toEqual(['MaxConection: unknown key, did you mean MaxConnections?']);
    expect(linesOfOne({ Tls: { Moed: 'disable' }, Bananas: 1, constructor: 1 })).toEqual([
      'Tls.Moed: unknown key, did you mean Mode?',
      'Bananas: unknown key',
      'constructor: unknown key',
    ]);
    expect(failureOf(() => load({ Conections: {}, Defautls: {} })).message).toBe(
      'Databases.Conections: unknown key, did you mean Connections?\n' +
        'Databases.Defautls: unknown key, did you mean Defaults?',
    );
  });

  it('only warns of unknown keys when Strict is off', () => {
    const { warnings } = load({ Strict: 'off', Connections: { A: { ...valid, MaxConection: 5 } } });
    expect(warnings).toEqual([
      { path: 'Databases.Connections.A.MaxConection', message: 'unknown key, did you mean MaxConnections?' },
    ]);
    expect(failureOf(() => load({ Strict: false, Hots: 1, Workers: 'x' })).issues).toHaveLength(1);
  });

  it('knows two spellings, one at a time', () => {
    const settings = loadOne({ Username: undefined, User: 'u', Password: undefined, Pass: 'p', Engine: 'postgres' });
    expect(settings.Username).toBe('u');
    expect(linesOfOne({ User: 'u', Pass: 'p', Type: 'postgres', Engine: 'postgres' })).toEqual([
      'User: the same setting as Username, give one of them',
      'Pass: the same setting as Password, give one of them',
      'Engine: the same setting as Type, give one of them',
    ]);
  });

  it('reports under the spelling that was written', () => {
    expect(linesOfOne({ Username: undefined, User: '{$env.U}' })).toEqual(['User: environment variable U is not set']);
  });

  it.each(['live', 'Ready', 'STARTUP'])('refuses %s, a route of the health module', (name) => {
    const { message } = failureOf(() => load({ Connections: { [name]: valid } }));
    expect(message).toBe(
      `Databases.Connections.${name}: this name is taken by the route /health/${name.toLowerCase()}`,
    );
  });

  it.each(['', 'a/b', 'a b', '..', 'ü', '1st', 'a.b', '__proto__', 'x'.repeat(64)])('refuses the name %j', (name) => {
    const Connections: unknown = JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify(valid)}}`);
    const { message } = failureOf(() => load({ Connections }));
    expect(message).toBe(
      `Databases.Connections.${name}: a database name is a letter, then up to 62 letters, digits, _ or -`,
    );
  });

  it('keeps constructor a name like any other', () => {
    const { Connections } = load({ Connections: { constructor: valid, Z_2: valid, 'a-b': valid } }).config.Databases;
    expect(Object.keys(Connections)).toEqual(['constructor', 'Z_2', 'a-b']);
    expect(Connections['toString']).toBeUndefined();
    expect(({} as Record<string, unknown>)['Host']).toBeUndefined();
  });

  it('is not misled by __proto__ in a block of settings', () => {
    const Tls: unknown = JSON.parse('{"__proto__": {"Mode": "disable"}}');
    expect(linesOfOne({ Tls })).toEqual(['Tls.__proto__: unknown key']);
  });

  it.each(['x', 1, [], null])('refuses %j where a block belongs', (value) => {
    expect(linesOfOne({ Tls: value })).toEqual(['Tls: must be an object']);
    expect(failureOf(() => load({ Connections: { A: value } })).message).toBe(
      'Databases.Connections.A: must be an object',
    );
    expect(failureOf(() => load({ Connections: value, Defaults: value })).message).toBe(
      'Databases.Defaults: must be an object\nDatabases.Connections: must be an object',
    );
  });
});

describe('Defaults', () => {
  it('are inherited key by key, nested blocks too', () => {
    const Defaults = {
      Port: 6000,
      Pass: 'inherited',
      Tls: { Mode: 'require', Ca: '/ca.pem' },
      Results: { MaxRows: 5 },
    };
    const Connections = {
      A: { ...valid, Password: undefined },
      B: { ...valid, Port: 7000, Tls: { Mode: 'verify-ca' } },
    };
    const { A, B } = load({ Defaults, Connections }).config.Databases.Connections;
    expect(A).toMatchObject({ Port: 6000, Tls: { Mode: 'require', Ca: '/ca.pem' }, Results: { MaxRows: 5 } });
    expect((A!.Password as Secret).reveal()).toBe('inherited');
    expect(B).toMatchObject({ Port: 7000, Tls: { Mode: 'verify-ca', Ca: '/ca.pem' } });
    expect((B!.Password as Secret).reveal()).toBe(valid.Password);
  });

  it('are reported once, under their own path, also when nobody inherits them', () => {
    const Defaults = { Port: 'x', Hots: 'y', ApplicationName: '{$env.N}' };
    const lines =
      'Databases.Defaults.Hots: unknown key, did you mean Host?\n' +
      'Databases.Defaults.ApplicationName: environment variable N is not set\n' +
      'Databases.Defaults.Port: must be an integer from 1 to 65535, got "x"';
    for (const Connections of [{}, { A: valid, B: valid }]) {
      expect(sortedLines(failureOf(() => load({ Defaults, Connections })).message)).toEqual(sortedLines(lines));
    }
  });

  it('cannot hold a Url', () => {
    expect(failureOf(() => load({ Defaults: { Url: 'postgres://u:hunter2@h/d' } })).message).toBe(
      'Databases.Defaults.Url: belongs to one connection; give Host, Port and the like here',
    );
  });
});

describe('rules between keys', () => {
  it('keeps MinConnections under MaxConnections', () => {
    expect(loadOne({ MinConnections: 10 }).MinConnections).toBe(10);
    expect(linesOfOne({ MinConnections: 11 })).toEqual(['MinConnections: must not exceed MaxConnections (10), got 11']);
    expect(linesOfOne({ MaxConnections: 3 }, {}, { Defaults: { MinConnections: 4 } })).toEqual([
      'MinConnections: must not exceed MaxConnections (3), got 4',
    ]);
  });

  it('shares as many as leave one free, at most four, and lets slow work have half, unless told otherwise', () => {
    const shares = [1, 2, 3, 5, 100].map((MaxConnections) => {
      const { Pipelines, Lanes } = loadOne({ MaxConnections });
      return [Pipelines, Lanes.SlowMax];
    });
    expect(shares).toEqual([
      [1, 1],
      [1, 1],
      [2, 1],
      [4, 2],
      [4, 50],
    ]);
    expect(loadOne({ Pipelines: 0, Lanes: { SlowMax: 7 } })).toMatchObject({ Pipelines: 0, Lanes: { SlowMax: 7 } });
  });

  it('queues twenty per connection unless told otherwise', () => {
    expect([loadOne({ MaxConnections: 3 }).MaxQueue, loadOne({ MaxQueue: 0 }).MaxQueue]).toEqual([60, 0]);
  });

  it.each(['a,b', 'a b', '[::1]', 'u@h', 'h/x', 'postgres://u:hunter2@h/d'])('refuses the host %j', (Host) => {
    expect(linesOfOne({ Host })).toEqual([
      'Host: must be one host name, one address without brackets, or the folder of a unix socket',
    ]);
  });
});

describe('the result', () => {
  it('is frozen to the bottom', () => {
    const { config } = load({ Connections: { A: { ...valid, Password: { File: '/run/pw' } }, B: valid } });
    const { A, B } = config.Databases.Connections;
    const frozen = [config, config.Databases, config.Databases.Health, config.Databases.Connections, A, A!.Tls];
    expect([...frozen, A!.Results, A!.Password, B!.Password].every(Object.isFrozen)).toBe(true);
    expect(() => Object.assign(A!, { Port: 1 })).toThrow(TypeError);
    expect(() => Object.assign(A!.Tls, { Mode: 'disable' })).toThrow(TypeError);
    expect(() => Object.assign(config.Databases.Connections, { C: A })).toThrow(TypeError);
  });

  it('leaves the input alone', () => {
    const input = { Connections: { A: { ...valid, Password: () => 'p', Tls: { Mode: 'require' } } } };
    const { A } = load(input).config.Databases.Connections;
    expect(Object.isFrozen(input.Connections.A.Tls) || Object.isFrozen(input.Connections.A.Password)).toBe(false);
    expect(A!.Password).toBe(input.Connections.A.Password);
  });
});

describe('passwords', () => {
  it('may be a secret, a function or a file, none of which is read here', () => {
    const secret = new Secret('{$env.NOT_EXPANDED}');
    expect(loadOne({ Password: secret }).Password).toBe(secret);
    expect(loadOne({ Password: { File: 'run/pw' } }).Password).toEqual({ File: join(repository, 'run/pw') });
    expect(loadOne({ Pass: { File: '{$env.D}/pw' }, Password: undefined }, { D: '/run' }).Password).toEqual({
      File: '/run/pw',
    });
    expect(linesOfOne({ Password: { File: '{$env.D}/pw' } })).toEqual([
      'Password.File: environment variable D is not set',
    ]);
  });

  it.each([5, null, true, [], {}, { File: '' }, { File: 5 }, { File: '/x', Mode: 1 }])('may not be %j', (Password) => {
    expect(linesOfOne({ Password })).toEqual(['Password: must be text, { "File": "path" }, or in code a function']);
  });

  it('may be mounted', () => {
    inTemporaryFolder((folder) => {
      writeFileSync(join(folder, 'pw'), 'from-file\n');
      writeFileSync(
        join(folder, 'h.json'),
        JSON.stringify({ Databases: { Connections: { A: { ...valid, Password: '{$file.pw}' } } } }),
      );
      const { config } = loadHydrogenConfig({ config: 'h.json', env: {}, cwd: folder });
      expect((config.Databases.Connections['A']!.Password as Secret).reveal()).toBe('from-file');
    });
  });
});
