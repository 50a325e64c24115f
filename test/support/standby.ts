// A hot standby of a server of the test's own: its data copied while it stands still, then streamed. It can be promoted.
// Whoever starts one closes it, before its primary.
import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdtemp, rm, stat, unlink, writeFile, chown } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { superuserQuery, type EmbeddedServer, type ServerAddress, type StopMode } from '@hydrogen/embedded';
import { findBinaries } from '../../libs/embedded/src/binaries.js';
import { launch, stopPostmaster } from '../../libs/embedded/src/postmaster.js';
import { findServerUser } from '../../libs/embedded/src/server-user.js';
import { eventually } from './eventually.js';

const run = promisify(execFile);

export interface Standby extends ServerAddress {
  query(sql: string, database?: string): Promise<Record<string, unknown>[]>;
  /** Resolves when it takes writes. */
  promote(): Promise<void>;
  /** Resolves when everything the primary has committed by now is visible here. */
  caughtUp(): Promise<void>;
  stop(mode?: StopMode): Promise<void>;
  close(): Promise<void>;
}

export async function startStandby(primary: EmbeddedServer): Promise<Standby> {
  const folder = await mkdtemp(join(tmpdir(), 'hydrogen-standby-'));
  await chmod(folder, 0o755);
  const dataFolder = join(folder, 'data');
  await primary.stop();
  await run('cp', ['-a', primary.dataFolder, dataFolder]);
  await primary.start();
  const owner = await stat(dataFolder);
  const user = await findServerUser(() => {});
  const { superuser } = primary;
  const source = `host=127.0.0.1 port=${primary.port} user=${superuser.user} password=${superuser.password}`;
  await appendFile(join(dataFolder, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`);
  await writeFile(join(dataFolder, 'standby.signal'), '');
  await chown(join(dataFolder, 'standby.signal'), owner.uid, owner.gid);
  await unlink(join(dataFolder, 'postmaster.pid')).catch(() => {});
  const port = await freePort();
  const launched = await launch({
    binaries: await findBinaries(user, () => {}),
    cluster: { dataFolder, superuser, user },
    port,
    settings: { fsync: 'off' },
    logFile: join(folder, 'postgres.log'),
  });
  if (typeof launched === 'string') throw new Error(`the standby did not start: ${launched}`);
  let { pid } = launched;
  const address = { host: '127.0.0.1', port, superuser };
  const query: Standby['query'] = (sql, database) => superuserQuery(address, sql, database);
  const stop = async (mode: StopMode = 'fast'): Promise<void> => {
    if (pid !== 0) await stopPostmaster(pid, mode);
    pid = 0;
  };
  return {
    ...address,
    query,
    stop,
    promote: async () => void (await query('select pg_promote()')),
    caughtUp: async () => {
      const [row] = await primary.query('select pg_current_wal_lsn()::text as lsn');
      const reached = `select pg_last_wal_replay_lsn() >= '${String(row?.['lsn'])}'::pg_lsn as reached`;
      await eventually(10_000, async () => (await query(reached))[0]?.['reached'] === true);
    },
    close: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Free a moment ago; nobody else on this machine is given it at once. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
