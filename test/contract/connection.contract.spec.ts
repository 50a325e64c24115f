// The port's contract for a socket in this thread.
import { openInline } from '../support/connection-calls.js';
import { connectionContract } from './connection.contract.js';

connectionContract('in this thread', openInline);
