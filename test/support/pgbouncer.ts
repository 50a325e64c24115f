// A PgBouncer in transaction mode in front of one test database, where the program is installed. It does not run as root.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import type { TestDatabase } from './server.js';

export interface PgBouncer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Path of the program, or undefined. */
export function findPgBouncer(): string | undefined {
  try {
    return execFileSync('sh', ['-c', 'command -v pgbouncer'], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** @param more lines for the `[pgbouncer]` section */
export async function startPgBouncer(program: string, target: TestDatabase, more = ''): Promise<PgBouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'hydrogen-pgbouncer-'));
  const port = await freePort();
  const users = join(folder, 'users.txt');
  const ini = join(folder, 'pgbouncer.ini');
  writeFileSync(users, `"${target.user}" "${target.password}"\n`);
  writeFileSync(
    ini,
    `[databases]
${target.database} = host=${target.host} port=${target.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = 2
${more}
`,
  );
  for (const path of [folder, users, ini]) chmodSync(path, 0o755);
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const child = spawn(program, ['-q', ini], { stdio: 'ignore', ...nobody });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await eventually(10_000, () => answers(port));
  return {
    host: '127.0.0.1',
    port,
    close: async () => {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    setTimeout(() => socket.destroy(), 500).unref();
  });
}
