// Plugs a connector into the thread it stands in: messages in, messages out, a pulse. An entry of a worker calls it and does
// nothing else.
import { parentPort, workerData } from 'node:worker_threads';
import type { Place } from '../connection/connection.js';
import { AnswerSender } from './answer-sender.js';
import { ConnectionHost, type HostConnector } from './connection-host.js';
import { beat } from './heartbeat.js';
import type { FromWorker, Packet, ToWorker } from './messages.js';
import { Outbox, unpack } from './outbox.js';
import { RequestReader } from './request-reader.js';
import { misbehave } from './worker-faults.js';

export interface WorkerData {
  readonly place: Place;
  readonly pulse: SharedArrayBuffer;
  readonly faults: boolean;
}

export function serve(connectorAt: (place: Place) => HostConnector): void {
  if (!parentPort) throw new Error('this is the entry of a worker thread');
  const port = parentPort;
  const { place, pulse, faults } = workerData as WorkerData;
  // After all sockets of this turn were read: one message tells of all of them.
  const outbox = new Outbox<FromWorker>(port, (flush) => void setImmediate(flush));
  const answers = new AnswerSender(outbox);
  const host = new ConnectionHost(connectorAt(place), answers);
  const requests = new RequestReader(host);
  const onPacket = (packet: Packet): void => requests.read(packet);
  const onItem = (item: ToWorker): void => {
    if (item.kind !== 'fault') host.handle(item);
    else if (faults) misbehave(item.what);
  };
  port.on('message', (message: ToWorker | Packet | readonly (ToWorker | Packet)[]) =>
    unpack(message, onPacket, onItem),
  );
  beat(pulse);
  answers.item({ kind: 'ready' });
}
