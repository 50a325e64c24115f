// The `Lanes` block of a connection: how classes of work share the pool.
import { Integer } from './key-decorators.js';

export class LanesSettings {
  /**
   * Connections that slow statements (by their caller's word, or measured above 5 ms) may hold at once. Default half of
   * MaxConnections, rounded down, at least 1; 1 to 10000. With MaxConnections 1 it has no effect.
   */
  @Integer(1, 10_000)
  readonly SlowMax: number = 5;
}
