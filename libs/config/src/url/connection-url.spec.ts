// Connection strings there and back, masked, and refused without an echo.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ConnectionUrlFault, parseConnectionUrl, type ConnectionUrlParts } from './connection-url.js';
import { formatConnectionUrl, maskConnectionUrl } from './format-connection-url.js';

const awkward = fc.oneof(
  fc.string({
    unit: fc.constantFrom('@', ':', '/', '?', '#', '%', '[', ']', '&', '=', '+', ' ', 'a', 'é', '€'),
    minLength: 1,
  }),
  fc.string({ unit: 'grapheme', minLength: 1 }),
);
const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom('localhost', '::1', 'fe80::1%eth0', '/var/run/postgresql', '/tmp/a b'),
);
const anyParts: fc.Arbitrary<ConnectionUrlParts> = fc
  .record(
    {
      host,
      port: fc.integer({ min: 1, max: 65_535 }),
      database: awkward,
      username: awkward,
      password: awkward,
      mode: fc.constantFrom('disable', 'verify-full'),
      root: awkward,
      more: fc.array(fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) }), { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: ['host', 'database', 'username'] },
  )
  .map(({ mode, root, more, ...parts }) => ({
    ...parts,
    ...(more ? { hosts: [{ host: parts.host, ...(parts.port ? { port: parts.port } : {}) }, ...more] } : {}),
    options: new Map([
      ...(mode ? [['sslmode', mode] as const] : []),
      ...(root ? [['sslrootcert', root] as const] : []),
    ]),
  }));

const faultOf = (url: string): string => {
  try {
    parseConnectionUrl(url);
  } catch (error) {
    if (error instanceof ConnectionUrlFault) return error.message;
    throw error;
  }
  throw new Error('expected a fault');
};
const APART =
  'cannot be taken apart; percent-encode @ : / ? # % inside user, password and database, and give ports as numbers';

describe('parseConnectionUrl', () => {
  it('reads back what formatConnectionUrl wrote', () => {
    fc.assert(
      fc.property(anyParts, (parts) => expect(parseConnectionUrl(formatConnectionUrl(parts))).toEqual(parts)),
      { numRuns: 500 },
    );
  });

  it.each<[string, Partial<ConnectionUrlParts>]>([
    ['postgres://u:p@h:5433/d', { username: 'u', password: 'p', host: 'h', port: 5433, database: 'd' }],
    ['postgresql://u@h/d', { username: 'u', host: 'h', database: 'd' }],
    ['POSTGRES://u:a:b@h/d', { password: 'a:b' }],
    ['postgres://u:%40%3A%2F%3F%23%25@h/d', { password: '@:/?#%' }],
    ['postgres://u@[::1]:6000/d', { host: '::1', port: 6000 }],
    ['postgres://u@%2Fvar%2Frun%2Fpostgresql/d', { host: '/var/run/postgresql' }],
    ['postgres:///d?host=/var/run/postgresql&user=u&password=a=b', { host: '/var/run/postgresql', password: 'a=b' }],
    ['postgres://u@h/?dbname=d&port=7', { database: 'd', port: 7 }],
    ['postgres://u@h1:1,h2/d', { host: 'h1', port: 1, hosts: [{ host: 'h1', port: 1 }, { host: 'h2' }] }],
    [
      'postgres://u@[::1]:1,h2:2/d',
      {
        hosts: [
          { host: '::1', port: 1 },
          { host: 'h2', port: 2 },
        ],
      },
    ],
    [
      'postgres:///d?user=u&host=a,/b&port=7',
      {
        hosts: [
          { host: 'a', port: 7 },
          { host: '/b', port: 7 },
        ],
      },
    ],
    ['postgres://u@h/d?sslmode=require', { options: new Map([['sslmode', 'require']]) }],
  ])('reads %s', (url, parts) => expect(parseConnectionUrl(url)).toMatchObject(parts));

  it.each([
    ['mysql://u:hunter2@h/d', 'must begin with postgres:// or postgresql://'],
    ['hunter2', 'must begin with postgres:// or postgresql://'],
    ['postgres://u:hun@ter2@h/d', APART],
    ['postgres://u:hun/ter2@h/d', APART],
    ['postgres://u:5432/ter2@h/d', APART],
    ['postgres://u:5432?hunter2@h/d', APART],
    ['postgres://u:5432#hunter2@h/d', APART],
    ['postgres://u@h1:1,h2:x/d', APART],
    ['postgres://u@h1,,h2/d', 'must name the host'],
    ['postgres://u@h1,h2/d?host=h3', 'gives host twice'],
    ['postgres://u@h1:1,h2/d?port=5', 'gives port twice'],
    ['postgres:///d?user=u&host=a,b,c&port=1,2', 'must give one port, or as many as hosts'],
    ['postgres://u@h:port/d', APART],
    ['postgres://u:%zz@h/d', 'has a % that is not followed by the code of a character'],
    ['postgres://u@h:0/d', 'must have a port from 1 to 65535'],
    ['postgres://u@h:65536/d', 'must have a port from 1 to 65535'],
    ['postgres://u:hunter2@/d', 'must name the host'],
    ['postgres://u:hunter2@h', 'must name the database'],
    ['postgres://h/d', 'must name the user'],
    ['postgres://u@h/d?user=v', 'gives user twice'],
    ['postgres://u@h/d?sslmode=disable&sslmode=require', 'gives sslmode twice'],
    ['postgres://u@h/d?sslmode=', 'gives sslmode without a value'],
    ['postgres://u@h/d?sslmode', 'gives sslmode without a value'],
    [
      'postgres://u@h/d?hunter2=1',
      'has an unknown parameter; known are host, port, dbname, user, password, sslmode, sslrootcert, sslcert, sslkey, target_session_attrs',
    ],
  ])('refuses %s', (url, message) => expect(faultOf(url)).toBe(message));

  it('repeats nothing of a string that it refuses', () => {
    const broken = fc.tuple(
      fc.stringMatching(/^[A-Z0-9]{6,20}$/),
      fc.constantFrom('@', '/', '?', '#', '%', '%4', ' @ /'),
    );
    fc.assert(
      fc.property(broken, ([secret, odd]) => {
        const message = faultOf(`postgres://u:${secret}${odd}${secret}@h:x/d`);
        expect(message).not.toContain(secret.slice(0, 4));
      }),
    );
  });
});

describe('maskConnectionUrl', () => {
  it('hides the password and leaves the rest', () => {
    expect(maskConnectionUrl('postgresql://u:p%40ss@h:1/d?sslmode=require')).toBe(
      'postgres://u:[secret]@h:1/d?sslmode=require',
    );
    expect(maskConnectionUrl('postgres://h/d?user=u&password=p%40ss')).toBe('postgres://u:[secret]@h/d');
    expect(maskConnectionUrl('postgres://u@h/d')).toBe('postgres://u@h/d');
  });

  it('hides all of a string that cannot be taken apart', () => {
    expect(maskConnectionUrl('postgres://u:p@ss@h/d')).toBe('[secret]');
    expect(maskConnectionUrl('u:p@h/d')).toBe('[secret]');
  });

  it('is the same for every password', () => {
    fc.assert(
      fc.property(anyParts, awkward, (parts, password) => {
        const masked = maskConnectionUrl(formatConnectionUrl({ ...parts, password }));
        expect(masked).toBe(maskConnectionUrl(formatConnectionUrl({ ...parts, password: 'other' })));
        expect(masked).toContain(':[secret]@');
      }),
    );
  });
});
