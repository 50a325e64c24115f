// The port's contract, for a socket in this thread and for one in a worker.
import { afterAll } from '@jest/globals';
import { WorkerSupervisor } from '../../libs/database/src/worker/worker-supervisor.js';
import { openInline, openInWorker } from '../support/connection-calls.js';
import { connectionContract } from './connection.contract.js';

const supervisor = new WorkerSupervisor(1, () => {});
afterAll(() => supervisor.close());

connectionContract('in this thread', openInline);
connectionContract('in a worker', openInWorker(supervisor));
