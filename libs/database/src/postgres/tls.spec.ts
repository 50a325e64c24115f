// libpq's words for TLS as node:tls takes them.
import type { PeerCertificate } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { tlsOptions } from './tls.js';

/** A certificate as node:tls shows it. */
const certificate = (altnames: string): PeerCertificate =>
  ({ subject: { CN: 'ignored' }, subjectaltname: altnames }) as unknown as PeerCertificate;

const check = (host: string, altnames: string, servername?: string): Error | undefined =>
  tlsOptions({ mode: 'verify-full', ...(servername ? { servername } : {}) }, host).checkServerIdentity?.(
    'what node was told',
    certificate(altnames),
  );

describe('the mode', () => {
  it.each([
    ['require', false, false],
    ['verify-ca', true, false],
    ['verify-full', true, true],
  ] as const)('%s checks the chain: %s, and the name: %s', (mode, chain, name) => {
    const { rejectUnauthorized, checkServerIdentity } = tlsOptions({ mode }, 'db.example');
    expect(rejectUnauthorized).toBe(chain);
    expect(checkServerIdentity?.('db.example', certificate('DNS:other.example')) !== undefined).toBe(name);
    expect(checkServerIdentity?.('db.example', certificate('DNS:db.example'))).toBeUndefined();
  });

  it('is never below TLS 1.2', () => {
    expect(tlsOptions({ mode: 'require' }, 'db')).toMatchObject({ minVersion: 'TLSv1.2' });
  });
});

describe('the name', () => {
  it('checked is the host, or the one that was set, whatever node was told', () => {
    expect(check('db.example', 'DNS:db.example')).toBeUndefined();
    expect(check('db.corp.example', 'DNS:*.corp.example')).toBeUndefined();
    expect(check('db.example', 'DNS:what.node')).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(check('10.0.0.7', 'DNS:db.example', 'db.example')).toBeUndefined();
    expect(check('db.example', 'DNS:db.example', 'other.example')).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect(check('10.0.0.7', 'IP Address:10.0.0.7')).toBeUndefined();
    expect(check('10.0.0.7', 'IP Address:10.0.0.8')).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it.each([
    ['db.example', undefined, 'db.example'],
    ['10.0.0.7', 'db.example', 'db.example'],
    ['10.0.0.7', undefined, undefined],
    ['::1', undefined, undefined],
    ['db.example', '10.0.0.7', undefined],
  ])('asked for (SNI) with host %s and name %s is %s: an address is never sent', (host, servername, asked) => {
    expect(tlsOptions({ mode: 'verify-full', ...(servername ? { servername } : {}) }, host).servername).toBe(asked);
  });
});

describe('the files', () => {
  it('pass as they were read', () => {
    const files = { ca: 'CA', cert: 'CERT', key: 'KEY' };
    expect(tlsOptions({ mode: 'verify-ca', ...files }, 'db')).toMatchObject(files);
  });
});
