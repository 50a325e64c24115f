// Encryption and trust against a real server: who is believed, who is refused and with which words, and what an
// eavesdropper reads. The certificates are those of test/support/certificates.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ConfigInvalidError, DatabaseError, type Database } from '@hydrogen/database';
import {
  formatConnectionUrl,
  loadHydrogenConfig,
  type ConnectionConfig,
  type DatabasesConfig,
  type TlsConfig,
} from '@hydrogen/config';
import { compileDatabases, type OpenDatabases } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { connectionOf } from '../support/module.js';
import { createTestDatabase, superQuery, type TestDatabase } from '../support/server.js';
import { startTap, type TcpTap } from '../support/tcp-tap.js';
import {
  certificatePath,
  certificateText,
  startTlsServer,
  type ServerCertificate,
  type TlsServer,
} from '../support/tls-server.js';

const CA = certificatePath('ca');
const UNKNOWN_CA = certificatePath('unknown-ca');
const CERTIFICATE = { Cert: certificatePath('client'), Key: certificatePath('client', 'key') };
/** PostgreSQL 18 and Node speak TLS 1.3; the cipher is what the two like best. */
const SESSION = /^TLSv1\.3 TLS_[A-Z0-9_]+ /;

let tls: TlsServer;
let folder: string;
const opened: OpenDatabases[] = [];

beforeAll(async () => {
  tls = await startTlsServer();
  folder = await mkdtemp(join(tmpdir(), 'hydrogen-tls-'));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ module }) => module.close()));
});
afterAll(async () => {
  await tls.close();
  await rm(folder, { recursive: true });
});

/** One database, `Main`, that connects at its first call. */
async function open(
  target: TestDatabase,
  Tls: TlsConfig,
  { databases, ...keys }: ConnectionConfig & { databases?: DatabasesConfig } = {},
): Promise<Database & { readonly around: OpenDatabases }> {
  const Main = { ...connectionOf(target), ConnectTimeoutMs: 3000, ...keys, Tls };
  const around = await compileDatabases({ Startup: 'lazy', ...databases, Connections: { Main } });
  opened.push(around);
  await around.module.init();
  return Object.assign(around.manager.get('Main'), { around });
}

/** What the server itself says of the session. */
async function session(db: Database): Promise<{ ssl: boolean; version: string | null; client: string | null }> {
  return db.one('select ssl, version, client_dn as client from pg_stat_ssl where pid = pg_backend_pid()');
}

async function refusal(promise: Promise<unknown>): Promise<DatabaseError> {
  const startedAt = performance.now();
  const error = await promise.then(
    () => {
      throw new Error('expected a refusal');
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DatabaseError);
  // No retry mends a certificate: the answer comes at once, not at the end of AcquireTimeoutMs.
  expect(performance.now() - startedAt).toBeLessThan(2000);
  return error as DatabaseError;
}

describe.each([0, 1])('with Workers: %i', (Workers) => {
  const databases = { Workers };
  const connect = (Tls: TlsConfig, keys: ConnectionConfig = {}, target = tls.open): ReturnType<typeof open> =>
    open(target, Tls, { databases, ...keys });

  describe('believes', () => {
    interface Case {
      readonly certificate?: ServerCertificate;
      readonly Host: string;
      readonly Tls: TlsConfig;
    }
    const [NAME, ADDRESS] = ['localhost', '127.0.0.1'];
    it.each<[string, Case]>([
      ['a name of the certificate', { Host: NAME, Tls: { Mode: 'verify-full', Ca: CA } }],
      ['an address of the certificate', { Host: ADDRESS, Tls: { Mode: 'verify-full', Ca: CA } }],
      [
        'the name under ServerName, for a host name',
        { certificate: 'wrong-name', Host: NAME, Tls: { Mode: 'verify-full', Ca: CA, ServerName: 'db.wrong.example' } },
      ],
      [
        'the name under ServerName, for an address',
        {
          certificate: 'wrong-name',
          Host: ADDRESS,
          Tls: { Mode: 'verify-full', Ca: CA, ServerName: 'db.wrong.example' },
        },
      ],
      [
        'an address under ServerName, for a host name',
        { Host: NAME, Tls: { Mode: 'verify-full', Ca: CA, ServerName: ADDRESS } },
      ],
      ['another name, under verify-ca', { certificate: 'wrong-name', Host: NAME, Tls: { Mode: 'verify-ca', Ca: CA } }],
      ['an unknown authority, under require', { Host: NAME, Tls: { Mode: 'require' } }],
      ['an unknown authority, under require with a Ca', { Host: NAME, Tls: { Mode: 'require', Ca: UNKNOWN_CA } }],
      ['an expired certificate, under require', { certificate: 'expired', Host: NAME, Tls: { Mode: 'require' } }],
      ['another name, under require', { certificate: 'wrong-name', Host: ADDRESS, Tls: { Mode: 'require' } }],
    ])('%s', async (_, { certificate = 'server', Host, Tls }) => {
      await tls.present(certificate);
      const db = await connect(Tls, { Host });
      expect(await session(db)).toEqual({ ssl: true, version: 'TLSv1.3', client: null });
      const [reported] = db.around.manager.report().databases;
      expect(reported?.server?.tls).toMatch(new RegExp(`${SESSION.source}${Tls.Mode}$`));
    });
  });

  describe('refuses', () => {
    interface Case {
      readonly certificate?: ServerCertificate;
      readonly Host?: string;
      readonly Tls: TlsConfig;
      /** Each is to be in the message. */
      readonly says: readonly string[];
    }
    it.each<[string, Case]>([
      [
        'an authority that Node does not know, without a Ca',
        { Tls: { Mode: 'verify-full' }, says: ['signed by an unknown authority', 'Tls.Ca'] },
      ],
      [
        'another authority than the Ca',
        { Tls: { Mode: 'verify-full', Ca: UNKNOWN_CA }, says: ['signed by an unknown authority', 'Tls.Ca'] },
      ],
      [
        'another authority than the Ca, under verify-ca',
        { Tls: { Mode: 'verify-ca', Ca: UNKNOWN_CA }, says: ['signed by an unknown authority', 'Tls.Ca'] },
      ],
      [
        'an expired certificate',
        {
          certificate: 'expired',
          Tls: { Mode: 'verify-full', Ca: CA },
          says: ["the server's certificate has expired"],
        },
      ],
      [
        'an expired certificate, under verify-ca',
        { certificate: 'expired', Tls: { Mode: 'verify-ca', Ca: CA }, says: ["the server's certificate has expired"] },
      ],
      [
        'a certificate for another name',
        {
          certificate: 'wrong-name',
          Tls: { Mode: 'verify-full', Ca: CA },
          says: ['certificate is for another name', 'localhost', 'db.wrong.example'],
        },
      ],
      [
        // postgres.js takes it (measured): the name does not stand for the address.
        'a certificate for the name where the host is an address',
        {
          certificate: 'name-only',
          Host: '127.0.0.1',
          Tls: { Mode: 'verify-full', Ca: CA },
          says: ['certificate is for another name', '127.0.0.1'],
        },
      ],
      [
        'a certificate without the name under ServerName, although it has the host',
        {
          Tls: { Mode: 'verify-full', Ca: CA, ServerName: 'db.other.example' },
          says: ['certificate is for another name', 'db.other.example'],
        },
      ],
    ])('%s', async (_, { certificate = 'server', Host = 'localhost', Tls, says }) => {
      await tls.present(certificate);
      const db = await connect(Tls, { Host });
      const error = await refusal(db.query('select 1'));
      expect(error).toMatchObject({ code: 'DB_TLS', database: 'Main', retryable: false, inDoubt: false });
      expect(error.message).toContain(`Main: ${Host}:${tls.open.port}`);
      for (const words of says) expect(error.message).toContain(words);
    });

    it('a server without TLS, and says what would allow it', async () => {
      const target = await createTestDatabase();
      const tap = await startTap(target);
      try {
        for (const Mode of ['require', 'verify-ca', 'verify-full'] as const) {
          const db = await connect({ Mode }, { Host: tap.host, Port: tap.port }, target);
          const error = await refusal(db.query('select 1'));
          expect(error.code).toBe('DB_TLS');
          expect(error.message).toBe(
            `Main: ${tap.host}:${tap.port}: server refused TLS; set Tls.Mode to 'disable' to allow plaintext`,
          );
        }
        // Not a byte behind the question for TLS: no name, no password.
        expect(tap.sent.length).toBeGreaterThan(0);
        for (const sent of tap.sent) expect(sent).toEqual(SSL_REQUEST);
      } finally {
        await tap.close();
        await target.drop();
      }
    });

    it.each<[string, () => Promise<TlsConfig>, string]>([
      ['Ca', async () => ({ Mode: 'verify-full', Ca: join(folder, 'none.pem') }), 'Tls.Ca cannot be read (ENOENT)'],
      [
        'Cert',
        async () => ({ Mode: 'require', ...CERTIFICATE, Cert: join(folder, 'none.pem') }),
        'Tls.Cert cannot be read (ENOENT)',
      ],
      [
        'Key',
        async () => ({ Mode: 'require', ...CERTIFICATE, Key: join(folder, 'none.key') }),
        'Tls.Key cannot be read (ENOENT)',
      ],
    ])('a %s that is not there', async (_, makeTls, says) => {
      const db = await connect(await makeTls());
      const error = await refusal(db.query('select 1'));
      expect(error).toMatchObject({ code: 'DB_TLS', message: `Main: ${says}` });
    });

    it('a key that is none and one of another certificate, without a word of it', async () => {
      const others = await certificateText('stranger', 'key');
      const broken = others.replace(/[A-Z]/g, (letter) => (letter === 'A' ? 'B' : letter));
      for (const Key of [others, broken, certificatePath('stranger', 'key')]) {
        const db = await connect({ Mode: 'require', ...CERTIFICATE, Key });
        const error = await refusal(db.query('select 1'));
        expect(error.code).toBe('DB_TLS');
        // Which of the files it is about, for who has to mend it.
        expect(error.message).toMatch(/Tls\.(?:Cert|Key)/);
        const shown = shownOf(error, db.around.manager.report(), db.around.log.lines);
        for (const line of keyLines(`${others}\n${broken}`)) expect(shown).not.toContain(line);
      }
    });
  });

  it('takes the Ca as a path, as PEM and as a placeholder', async () => {
    await tls.present('server');
    const text = await certificateText('ca');
    for (const [Ca, env] of [
      [CA, {}],
      [text, {}],
      ['{$env.DB_CA}', { DB_CA: text.replaceAll('\n', '\\n') }],
      [`{$file.${CA}}`, {}],
    ] as const) {
      const Main = { ...connectionOf(tls.open), Tls: { Mode: 'verify-full', Ca } } as const;
      const around = await compileDatabases({ Workers, Startup: 'fail-fast', Connections: { Main } }, { env });
      opened.push(around);
      await around.module.init();
      expect(await session(around.manager.get('Main'))).toMatchObject({ ssl: true });
    }
  });

  it('reads a changed Ca file for the next connect, and leaves open connections alone', async () => {
    await tls.present('server');
    const Ca = join(folder, `changing-${Workers}.pem`);
    await copyFile(UNKNOWN_CA, Ca);
    const db = await connect({ Mode: 'verify-full', Ca });
    expect((await refusal(db.query('select 1'))).code).toBe('DB_TLS');

    await copyFile(CA, Ca);
    const { pid } = await db.one<{ pid: number }>('select pg_backend_pid() as pid');

    await copyFile(UNKNOWN_CA, Ca);
    expect(await db.one('select pg_backend_pid() as pid')).toEqual({ pid });
    db.pool.recycle();
    expect((await refusal(db.query('select 1'))).message).toContain('signed by an unknown authority');

    // A file that is being written is no reason to believe everybody whom Node believes.
    for (const halfWritten of ['', '\n', '-----BEGIN CERTIFICATE-----\nMIIB']) {
      await writeFile(Ca, halfWritten);
      const error = await refusal(db.query('select 1'));
      expect(error).toMatchObject({ code: 'DB_TLS' });
      expect(error.message).toBe('Main: Tls.Ca holds no certificate');
    }

    await copyFile(CA, Ca);
    const again = await db.one<{ pid: number }>('select pg_backend_pid() as pid');
    expect(again.pid).not.toBe(pid);
  });

  describe('a client certificate', () => {
    const trust = { Mode: 'verify-full', Ca: CA } as const;
    beforeAll(() => tls.present('server'));

    it('is given as paths and as PEM, and the server knows it', async () => {
      for (const Tls of [
        { ...trust, ...CERTIFICATE },
        { ...trust, Cert: await certificateText('client'), Key: await certificateText('client', 'key') },
      ]) {
        const db = await connect(Tls, {}, tls.certified);
        expect(await session(db)).toEqual({ ssl: true, version: 'TLSv1.3', client: '/CN=tls_client' });
      }
    });

    it('is missing: the server says so, and it is not a matter of waiting', async () => {
      const db = await connect(trust, {}, tls.certified);
      const error = await refusal(db.query('select 1'));
      expect(error).toMatchObject({ code: 'DB_AUTH_FAILED', sqlState: '28000' });
      expect(error.message).toContain('connection requires a valid client certificate');
    });

    it('of an authority that the server does not know is refused', async () => {
      const Tls = { ...trust, Cert: certificatePath('stranger'), Key: certificatePath('stranger', 'key') };
      const db = await connect(Tls, {}, tls.certified);
      const error = await refusal(db.query('select 1'));
      expect(error.code).toBe('DB_TLS');
      expect(error.message).toMatch(/unknown ca/i);
      expect(error.message).toContain('Tls.Cert');
      // OpenSSL's own line has addresses, a path of its sources and a line break.
      expect(error.message).not.toMatch(/\n|openssl/i);
    });
  });

  it('plaintext where the server takes TLS only is an answer of the server, at once', async () => {
    const db = await connect({ Mode: 'disable' }, {}, tls.encrypted);
    const error = await refusal(db.query('select 1'));
    expect(error).toMatchObject({ code: 'DB_AUTH_FAILED', sqlState: '28000' });
    expect(error.message).toMatch(/no encryption/);
  });

  it('says in report and log how a connection is encrypted', async () => {
    await tls.present('server');
    const db = await connect({ Mode: 'verify-full', Ca: CA });
    const { cipher } = await db.one<{ cipher: string }>(
      "select version || ' ' || cipher as cipher from pg_stat_ssl where pid = pg_backend_pid()",
    );
    expect(db.around.manager.report().databases[0]?.server?.tls).toBe(`${cipher} verify-full`);
    expect(db.around.log.text).toContain(`tls=${cipher} verify-full`);

    const plain = await connect({ Mode: 'disable' });
    expect(await session(plain)).toEqual({ ssl: false, version: null, client: null });
    expect(plain.around.manager.report().databases[0]?.server?.tls).toBe('off');
    expect(plain.around.log.text).toContain('tls=off');
  });

  describe('on the wire', () => {
    let tap: TcpTap;
    beforeAll(() => tls.present('server'));
    afterEach(() => tap.close());

    it('nothing but the question for TLS is readable, the cancel of a statement included', async () => {
      tap = await startTap(tls.encrypted);
      const at = { Host: 'localhost', Port: tap.port, MaxConnections: 1 };
      const db = await connect({ Mode: 'verify-full', Ca: CA }, at, tls.encrypted);
      const before = await db.one('select pg_backend_pid() as pid');
      const startedAt = performance.now();
      const error = await refusal(db.query('select pg_sleep(20), $1::text', ['readable'], { timeoutMs: 300 }));
      expect(error.code).toBe('DB_DEADLINE');
      expect(performance.now() - startedAt).toBeLessThan(600);
      await eventually(1000, async () => {
        const running = await tls.server.query(
          "select 1 from pg_stat_activity where state = 'active' and query like 'select pg_sleep(20)%'",
        );
        return running.length === 0;
      });
      // The connection lives on: it was the cancel that stopped the statement, not the loss of its session.
      expect(await db.one('select pg_backend_pid() as pid')).toEqual(before);
      // The session and at least one cancel.
      expect(tap.sent.length).toBeGreaterThanOrEqual(2);
      for (const sent of tap.sent) {
        expect(sent.subarray(0, 8)).toEqual(SSL_REQUEST);
        expect(sent.subarray(8, 10)).toEqual(TLS_HANDSHAKE);
        for (const word of ['readable', tls.encrypted.user, CANCEL_REQUEST]) expect(sent.includes(word)).toBe(false);
      }
    });

    it.each(['localhost', '127.0.0.1'])(
      'ServerName is what the server is asked for (SNI), for host %s',
      async (Host) => {
        tap = await startTap(tls.open);
        const Tls = { Mode: 'verify-ca', Ca: CA, ServerName: 'db.wrong.example' } as const;
        const db = await connect(Tls, { Host, Port: tap.port, MaxConnections: 1 });
        await db.query('select 1');
        await db.query('select pg_sleep(20)', [], { timeoutMs: 200 }).catch(() => {});
        await eventually(1000, () => tap.sent.length >= 2);
        await eventually(1000, () => db.pool.stats().leased === 0);
        const [connecting, cancelling] = tap.sent;
        expect(askedFor(cancelling)).toBe('db.wrong.example');
        expect(askedFor(connecting)).toBe('db.wrong.example');
      },
    );

    it('no name is asked for where the host is an address', async () => {
      tap = await startTap(tls.open);
      const db = await connect({ Mode: 'verify-full', Ca: CA }, { Host: '127.0.0.1', Port: tap.port });
      await db.query('select 1');
      expect(askedFor(tap.sent[0])).toBeUndefined();
    });
  });

  describe('by Url', () => {
    const byUrl = async (options: Record<string, string>, keys: ConnectionConfig = {}): Promise<Database> => {
      const { host, port, database, user: username, password } = tls.open;
      const parts = { host, port, database, username, password, options: new Map(Object.entries(options)) };
      const around = await compileDatabases({
        Workers,
        Startup: 'lazy',
        Connections: { Main: { Url: formatConnectionUrl(parts), ...keys } },
      });
      opened.push(around);
      await around.module.init();
      return around.manager.get('Main');
    };

    it('sslmode and its files mean what libpq says', async () => {
      await tls.present('server');
      expect(await session(await byUrl({ sslmode: 'verify-full', sslrootcert: CA }))).toMatchObject({ ssl: true });
      expect(await session(await byUrl({ sslmode: 'require' }))).toMatchObject({ ssl: true });
      expect(await session(await byUrl({ sslmode: 'disable' }))).toMatchObject({ ssl: false });
      // The address is loopback, and nobody asked.
      expect(await session(await byUrl({}))).toMatchObject({ ssl: false });
      const { Cert, Key } = CERTIFICATE;
      const certified = await byUrl({ sslmode: 'verify-full', sslrootcert: CA, sslcert: Cert, sslkey: Key });
      expect(await session(certified)).toMatchObject({ ssl: true, client: '/CN=tls_client' });

      const strict = await byUrl({ sslmode: 'verify-full' });
      expect((await refusal(strict.query('select 1'))).code).toBe('DB_TLS');
      // libpq: a root certificate at hand makes `require` check it.
      const weak = await byUrl({ sslmode: 'require', sslrootcert: UNKNOWN_CA });
      expect((await refusal(weak.query('select 1'))).code).toBe('DB_TLS');
      await tls.present('wrong-name');
      expect(await session(await byUrl({ sslmode: 'require', sslrootcert: CA }))).toMatchObject({ ssl: true });
    });

    it('a Url that contradicts Tls stops the start, with nothing decided in silence', async () => {
      const start = byUrl({ sslmode: 'require' }, { Tls: { Mode: 'verify-full', Ca: CA } });
      const error: unknown = await start.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConfigInvalidError);
      expect((error as ConfigInvalidError).issues).toEqual([
        {
          path: 'Databases.Connections.Main.Url',
          message: 'contradicts Databases.Connections.Main.Tls.Mode; give one of them, or the same in both',
        },
      ]);
      expect(shownOf(error)).not.toContain(encodeURIComponent(tls.open.password));
    });
  });

  it('a fail-fast start ends at once with database and reason, and without the key', async () => {
    await tls.present('server');
    const Key = await certificateText('client', 'key');
    const Tls = { Mode: 'verify-full', Ca: UNKNOWN_CA, Cert: await certificateText('client'), Key } as const;
    const around = await compileDatabases({
      Workers,
      Startup: 'fail-fast',
      Connections: { Good: connectionOf(tls.open), Bad: connectionOf(tls.open, { Tls }) },
    });
    opened.push(around);
    const error = await refusal(around.module.init());
    expect(error).toMatchObject({ code: 'DB_TLS', database: 'Bad' });
    expect(error.message).toContain(`Bad: ${tls.open.host}:${tls.open.port}: `);
    expect(error.message).toContain('signed by an unknown authority');
    const shown = shownOf(error, around.log.lines, around.manager.report());
    for (const line of keyLines(Key)) expect(shown).not.toContain(line);
  });
});

describe('without a word about Tls', () => {
  const modeFor = (Host: string, more: DatabasesConfig = {}): string | undefined => {
    const Main = { Host, Database: 'd', Username: 'u' };
    return loadHydrogenConfig({ config: { ...more, Connections: { Main } }, env: {} }).config.Databases.Connections[
      'Main'
    ]?.Tls.Mode;
  };

  it('a host of another machine is verified fully, this one is trusted', () => {
    for (const host of ['db.example.com', '10.0.0.7', '2001:db8::1', 'localhost.example.com']) {
      expect([host, modeFor(host)]).toEqual([host, 'verify-full']);
    }
    for (const host of ['localhost', '127.0.0.1', '::1', '/run/postgresql']) {
      expect([host, modeFor(host)]).toEqual([host, 'disable']);
    }
  });

  it('RequireTls verifies this machine as well, and plaintext is refused', async () => {
    expect(modeFor('localhost', { RequireTls: true })).toBe('verify-full');
    await tls.present('server');
    const db = await open(tls.open, { Ca: CA }, { databases: { RequireTls: true } });
    expect(await session(db)).toMatchObject({ ssl: true });
    expect(db.around.manager.report().databases[0]?.server?.tls).toMatch(/ verify-full$/);
  });

  it("the PG* variables of the process, which are somebody else's, change nothing", async () => {
    const foreign = {
      PGSSLMODE: 'require',
      PGSSLNEGOTIATION: 'direct',
      PGPASSWORD: 'wrong',
      PGSSLROOTCERT: UNKNOWN_CA,
    };
    await tls.present('server');
    Object.assign(process.env, foreign);
    try {
      const plain = await open(tls.open, { Mode: 'disable' }, { databases: { Workers: 0 } });
      expect(await session(plain)).toMatchObject({ ssl: false });
      const encrypted = await open(tls.open, { Mode: 'verify-full', Ca: CA }, { databases: { Workers: 0 } });
      expect(await session(encrypted)).toMatchObject({ ssl: true });
    } finally {
      for (const name of Object.keys(foreign)) delete process.env[name];
    }
  });

  it('a server of this machine is used as before', async () => {
    const target = await createTestDatabase();
    try {
      const around = await compileDatabases({ Connections: { Main: connectionOf(target) } });
      opened.push(around);
      await around.module.init();
      expect(await session(around.manager.get('Main'))).toMatchObject({ ssl: false });
      expect(await superQuery('show ssl')).toEqual([{ ssl: 'off' }]);
      await around.module.close();
    } finally {
      await target.drop();
    }
  });
});

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const CANCEL_REQUEST = Buffer.from([4, 210, 22, 46]);
/** The first two bytes of a ClientHello's record: a handshake, of TLS 1.x. */
const TLS_HANDSHAKE = Buffer.from([22, 3]);

/** The name in a ClientHello behind the question for TLS (RFC 6066, section 3), read in plain by everybody on the way. */
function askedFor(sent: Buffer | undefined): string | undefined {
  if (!sent) throw new Error('nothing was sent');
  expect(sent.subarray(0, 8)).toEqual(SSL_REQUEST);
  const hello = sent.subarray(8 + 5 + 4);
  let at = 2 + 32; // version and random
  at += 1 + hello.readUInt8(at); // session
  at += 2 + hello.readUInt16BE(at); // ciphers
  at += 1 + hello.readUInt8(at); // compressions
  const end = at + 2 + hello.readUInt16BE(at);
  for (at += 2; at < end; at += 4 + hello.readUInt16BE(at + 2)) {
    if (hello.readUInt16BE(at) === 0) return hello.toString('latin1', at + 9, at + 4 + hello.readUInt16BE(at + 2));
  }
  return undefined;
}

/** Everything that somebody could print of it. */
function shownOf(...things: readonly unknown[]): string {
  return things
    .flatMap((thing) => [inspect(thing, { showHidden: true, depth: 20, getters: true }), JSON.stringify(thing)])
    .join('\n');
}

/** The lines of a key that are its own: not the armour, and long enough to be no accident. */
function keyLines(text: string): string[] {
  const parts = text.split('\n').filter((line) => line.length > 0 && !line.startsWith('-----'));
  return parts.flatMap((line) => line.match(/.{12}/g) ?? []);
}
