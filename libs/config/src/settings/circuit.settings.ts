// The `Circuit` block of a connection: how often a server that refuses our login is asked again.
import { Integer, MAX_MS } from './key-decorators.js';

export class CircuitSettings {
  /**
   * After a refused login (wrong password, unknown database, no right to connect) one more is tried in this time,
   * milliseconds; calls that nothing open can serve fail with DB_CIRCUIT_OPEN meanwhile. 0 = tried again with backoff, as after
   * other failures. Default 5000; 0 to 2147483647.
   */
  @Integer(0, MAX_MS)
  readonly WindowMs: number = 5000;
}
