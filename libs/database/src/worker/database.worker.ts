// The worker's entry: plugs a ConnectionHost into the port, and nothing else. It must reach no Nest, no configuration
// and no process.env; test/architecture walks its imports.
import { parentPort, workerData } from 'node:worker_threads';
import type { Place } from '../connection/connection.js';
import { PostgresConnector } from '../postgres/postgres-connector.js';
import { ConnectionHost } from './connection-host.js';
import { batched, type FromWorker, type ToWorker } from './messages.js';

if (!parentPort) throw new Error('database.worker must be started as a worker thread');

const send = batched<FromWorker>(parentPort);
const { place } = workerData as { place: Place };
const host = new ConnectionHost(new PostgresConnector(place), send);
parentPort.on('message', (messages: readonly ToWorker[]) => {
  for (const message of messages) host.handle(message);
});
send({ kind: 'ready' });
