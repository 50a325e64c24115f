// Encryption by default, and the connection string in the place of the parts.
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { failureOf, linesOfOne, load, loadOne, repository, type Loose } from '../../test-support/fixtures.js';
import { Secret } from '../secret.js';
import type { ConnectionSettings } from '../settings/connection.settings.js';

const NO_PARTS = { Host: undefined, Database: undefined, Username: undefined, Password: undefined };
const byUrl = (url: string, keys: Loose = {}, rest: Loose = {}): ConnectionSettings =>
  loadOne({ ...NO_PARTS, Url: url, ...keys }, {}, rest);
const linesByUrl = (url: string, keys: Loose = {}, rest: Loose = {}): string[] =>
  linesOfOne({ ...NO_PARTS, Url: url, ...keys }, {}, rest);
const text = (secret: unknown): string => (secret as Secret).reveal();

describe('Tls.Mode', () => {
  it.each([
    ...['db.example.org', '10.0.0.1', '128.0.0.1', 'localhost.evil.org', '::2', '2001:db8::1', '127.1'].map((host) => [
      host,
      'verify-full',
    ]),
    ...['localhost', 'LocalHost', '127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', '/var/run/pg'].map(
      (host) => [host, 'disable'],
    ),
  ])('for %s is %s by default', (Host, mode) => expect(loadOne({ Host }).Tls.Mode).toBe(mode));

  it('is what was written, wherever the host is', () => {
    expect(loadOne({ Tls: { Mode: 'disable' } }).Tls.Mode).toBe('disable');
    expect(loadOne({ Host: 'localhost', Tls: { Mode: '{$env.M}' } }, { M: 'require' }).Tls.Mode).toBe('require');
    expect(loadOne({ Host: 'localhost' }, {}, { Defaults: { Tls: { Mode: 'verify-ca' } } }).Tls.Mode).toBe('verify-ca');
  });

  it('cannot be disable under RequireTls', () => {
    const rest = { RequireTls: true };
    const refused = ['Tls.Mode: must not be disable while Databases.RequireTls is true'];
    expect(linesOfOne({ Tls: { Mode: 'disable' } }, {}, rest)).toEqual(refused);
    expect(linesOfOne({ Host: 'localhost', Tls: { Mode: 'disable' } }, {}, rest)).toEqual(refused);
    expect(linesOfOne({ Host: '/var/run/pg' }, {}, rest)).toEqual(refused);
    expect(linesByUrl('postgres://u@localhost/d?sslmode=disable', {}, rest)).toEqual(refused);
    expect(loadOne({ Host: 'localhost' }, {}, rest).Tls.Mode).toBe('verify-full');
  });

  it('cannot be anything else on a unix socket', () => {
    expect(linesOfOne({ Host: '/var/run/pg', Tls: { Mode: 'require' } })).toEqual([
      'Tls.Mode: must be disable: PostgreSQL has no TLS on a unix socket',
    ]);
  });
});

describe('certificates', () => {
  it('are paths from the folder of the configuration, or PEM', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n';
    const { Tls } = loadOne(
      { Tls: { Ca: 'ca.pem', Cert: '{$env.CERT}', Key: '{$env.KEY}', ServerName: 'db' } },
      { CERT: pem.replaceAll('\n', '\\n'), KEY: '/abs/key.pem' },
    );
    expect(Tls).toMatchObject({ Ca: join(repository, 'ca.pem'), Cert: pem, ServerName: 'db' });
    expect(text(Tls.Key)).toBe('/abs/key.pem');
    expect(loadOne({ Tls: { Ca: pem } }).Tls.Ca).toBe(pem);
  });

  it('of a client come with their key', () => {
    expect(linesOfOne({ Tls: { Cert: '/c' } })).toEqual(['Tls.Cert: needs Key beside it']);
    expect(linesOfOne({ Tls: { Key: '/k' } })).toEqual(['Tls.Key: needs Cert beside it']);
    expect(linesOfOne({ Tls: { Key: 5, Ca: '' } })).toEqual([
      'Tls.Ca: must be text and not empty, got ""',
      'Tls.Key: must be text',
    ]);
  });
});

describe('Url', () => {
  it('takes the place of the parts', () => {
    const settings = byUrl('postgres://u%40x:p%2Fw@[2001:db8::1]:6543/d%20b', { MaxConnections: 3 });
    expect(settings).toMatchObject({ Host: '2001:db8::1', Port: 6543, Database: 'd b', Username: 'u@x', MaxQueue: 60 });
    expect(text(settings.Password)).toBe('p/w');
    expect(settings.Tls.Mode).toBe('verify-full');
    expect(Object.keys(settings)).not.toContain('Url');
    const bare = byUrl('postgres://u@h/d');
    expect([bare.Port, bare.Password]).toEqual([5432, undefined]);
  });

  it('may be a secret, or a placeholder', () => {
    expect(loadOne({ ...NO_PARTS, Url: new Secret('postgres://u@h/d') }).Host).toBe('h');
    expect(loadOne({ ...NO_PARTS, Url: '{$env.U}' }, { U: 'postgres://u@h/d' }).Host).toBe('h');
    expect(linesOfOne({ ...NO_PARTS, Url: '{$env.U}' })).toEqual(['Url: environment variable U is not set']);
    expect(linesByUrl(5 as never)).toEqual(['Url: must be text']);
  });

  it('stands alone', () => {
    expect(linesOfOne({ Url: 'postgres://u@h/d', Port: 5 })).toEqual([
      'Url: cannot stand beside Host, Port, Database, Username, Password; give one or the other',
    ]);
    expect(linesByUrl('postgres://u@h/d', { User: 'x' })).toEqual([
      'Url: cannot stand beside Username; give one or the other',
    ]);
  });

  it('sets aside the parts of Defaults, and inherits the rest', () => {
    const Defaults = { Host: 'other', Port: 1, Username: 'x', Password: 'y', KeepaliveMs: 7, Tls: { ServerName: 's' } };
    const settings = byUrl('postgres://u@h/d', {}, { Defaults });
    expect(settings).toMatchObject({ Host: 'h', Port: 5432, Username: 'u', KeepaliveMs: 7 });
    expect(settings.Password).toBeUndefined();
    expect(settings.Tls.ServerName).toBe('s');
  });

  it('says what is wrong with it and repeats none of it', () => {
    const error = failureOf(() => loadOne({ ...NO_PARTS, Url: '{$env.U}' }, { U: 'postgres://u:hun@ter2@h/d' }));
    expect(error.issues).toEqual([
      { path: 'Databases.Connections.A.Url', message: expect.stringMatching(/^cannot be taken apart/), env: 'U' },
    ]);
    expect(error.message).not.toMatch(/hun|ter2/);
  });

  it.each([
    ['sslmode=disable', 'disable'],
    ['sslmode=require', 'require'],
    ['sslmode=verify-ca', 'verify-ca'],
    ['sslmode=verify-full', 'verify-full'],
    ['sslmode=require&sslrootcert=/ca.pem', 'verify-ca'],
    ['sslrootcert=/ca.pem', 'verify-full'],
    ['sslrootcert=system', 'verify-full'],
  ])('means by %s what libpq means: %s', (query, mode) =>
    expect(byUrl(`postgres://u@h/d?${query}`).Tls.Mode).toBe(mode),
  );

  it('gives certificates too', () => {
    const { Tls } = byUrl('postgres://u@h/d?sslrootcert=ca.pem&sslcert=/c&sslkey=/k');
    expect(Tls).toMatchObject({ Ca: join(repository, 'ca.pem'), Cert: '/c' });
    expect(text(Tls.Key)).toBe('/k');
    expect(byUrl('postgres://u@h/d?sslrootcert=system').Tls.Ca).toBeUndefined();
  });

  it.each(['prefer', 'allow', 'VERIFY-FULL', 'x'])('refuses sslmode=%s', (mode) => {
    expect(linesByUrl(`postgres://u@h/d?sslmode=${mode}`)).toEqual([
      'Url: must have an sslmode out of disable, require, verify-ca, verify-full',
    ]);
  });

  it('does not decide between two contradicting answers', () => {
    const url = 'postgres://u@h/d?sslmode=require';
    const path = 'Databases.Connections.A.Tls.Mode';
    expect(linesByUrl(url, { Tls: { Mode: 'verify-full' } })).toEqual([
      `Url: contradicts ${path}; give one of them, or the same in both`,
    ]);
    expect(linesByUrl(url, {}, { Defaults: { Tls: { Mode: 'verify-full' } } })).toEqual([
      'Url: contradicts Databases.Defaults.Tls.Mode; give one of them, or the same in both',
    ]);
    expect(byUrl(url, { Tls: { Mode: 'require' } }).Tls.Mode).toBe('require');
    const withKey = `${url}&sslcert=/c&sslkey=/k`;
    expect(byUrl(withKey, { Tls: { Key: '/k' } }).Tls.Mode).toBe('require');
    expect(linesByUrl(withKey, { Tls: { Key: '/other' } })[0]).toMatch(/^Url: contradicts .*Tls\.Key;/);
    expect(linesByUrl('postgres://u@h/d?sslrootcert=system&sslmode=require')).toEqual([
      'Url: must have sslmode verify-full where sslrootcert is system',
    ]);
  });

  it('is nobody’s business while the connection is disabled and the variable missing', () => {
    expect(loadOne({ ...NO_PARTS, Enabled: false, Url: '{$env.U}' })).toMatchObject({ Enabled: false, Host: '' });
    expect(load({ Connections: { A: { Enabled: false } } }).config.Databases.Connections['A']!.Enabled).toBe(false);
  });
});
