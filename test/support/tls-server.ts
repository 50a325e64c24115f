// A PostgreSQL of the test's own that speaks TLS, and the certificates of test/support/certificates (made by make.sh).
import { chmod, chown, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EmbeddedServer } from '@hydrogen/embedded';
import { eventually } from './eventually.js';
import { startOwnServer, type TestDatabase } from './server.js';

export type ServerCertificate = 'server' | 'name-only' | 'wrong-name' | 'expired';

/** A file of test/support/certificates: `pem('ca')`, `pem('client', 'key')`. */
export function certificatePath(name: string, kind: 'pem' | 'key' = 'pem'): string {
  return fileURLToPath(new URL(`certificates/${name}.${kind}`, import.meta.url));
}

export function certificateText(name: string, kind: 'pem' | 'key' = 'pem'): Promise<string> {
  return readFile(certificatePath(name, kind), 'utf8');
}

export interface TlsServer {
  readonly server: EmbeddedServer;
  /** A database that takes whoever knows the password, with TLS or without. */
  readonly open: TestDatabase;
  /** One that takes sessions over TLS only. */
  readonly encrypted: TestDatabase;
  /** One that asks for a client certificate with its role's name as well. */
  readonly certified: TestDatabase;
  /** Resolves when new sessions get that certificate. It begins with `server`. */
  present(certificate: ServerCertificate): Promise<void>;
  close(): Promise<void>;
}

/** Its users and their rules; the first line that fits decides. */
const ACCESS = `host all postgres 127.0.0.1/32 scram-sha-256
hostnossl all tls_only,tls_client 127.0.0.1/32 reject
hostssl all tls_client 127.0.0.1/32 scram-sha-256 clientcert=verify-full
host all all 127.0.0.1/32 scram-sha-256
`;

export async function startTlsServer(): Promise<TlsServer> {
  const server = await startOwnServer();
  const { host, port, dataFolder } = server;
  const owner = await stat(dataFolder);
  const put = async (name: string, text: string): Promise<void> => {
    const file = join(dataFolder, name);
    await writeFile(file, text, { mode: 0o600 });
    await chmod(file, 0o600);
    // As root the server runs as another user, and refuses a key that is not its own.
    if (owner.uid !== process.getuid?.()) await chown(file, owner.uid, owner.gid);
  };
  const makeDatabase = async (name: string): Promise<TestDatabase> => {
    await server.createDatabase({ name, user: name, password: `password of ${name}` });
    const drop = (): Promise<void> => server.dropDatabase(name);
    return { host, port, database: name, user: name, password: `password of ${name}`, drop };
  };
  const present = async (certificate: ServerCertificate): Promise<void> => {
    await put('server.crt', await certificateText(certificate));
    await put('server.key', await certificateText(certificate, 'key'));
    await reload(server);
  };
  try {
    const [open, encrypted, certified] = [
      await makeDatabase('tls_or_not'),
      await makeDatabase('tls_only'),
      await makeDatabase('tls_client'),
    ];
    await put('pg_hba.conf', ACCESS);
    await put('root.crt', await certificateText('ca'));
    await server.query("alter system set ssl_ca_file = 'root.crt'");
    await server.query("alter system set ssl = 'on'");
    await present('server');
    return { server, open, encrypted, certified, present, close: () => server.close() };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** A new session inherits the time of the postmaster's last reload: later than before means that it has happened. */
async function reload(server: EmbeddedServer): Promise<void> {
  const loadedAt = async (): Promise<string> => {
    const [row] = await server.query('select pg_conf_load_time()::text as at');
    return String(row?.['at']);
  };
  const before = await loadedAt();
  await server.query('select pg_reload_conf()');
  await eventually(5000, async () => (await loadedAt()) !== before);
}
