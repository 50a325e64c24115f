// Jest's globalSetup: one PostgreSQL for the whole run. It is thrown away afterwards, so it need not survive a power cut.
// Uses the built library, for Jest loads this file without its transforms.
import { tmpdir } from 'node:os';
import { startEmbeddedServer } from '@hydrogen/embedded';

export default async function setUp() {
  const server = await startEmbeddedServer({
    folder: tmpdir(),
    persistent: false,
    databases: [],
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' },
    log: (line) => console.log(line),
  });
  globalThis.hydrogenTestServer = server; // seen by the teardown only
  const { host, port, superuser } = server;
  process.env.HYDROGEN_TEST_SERVER = JSON.stringify({ host, port, superuser }); // seen by Jest's workers
}
