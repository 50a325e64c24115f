// A relay in another network namespace: `relay-process.js HOST TARGET_HOST TARGET_PORT`. Says its port in one line, ends with
// its standard input.
import { FaultProxy } from '../proxy/fault-proxy.js';

const [host = '', targetHost = '', targetPort = ''] = process.argv.slice(2);
const relay = await FaultProxy.start({ host: targetHost, port: Number(targetPort) }, host);
process.stdout.write(`${relay.port}\n`);
process.stdin.resume().on('end', () => process.exit(0));
