// The `Databases.Health` block: how the health routes behave.
import { Flag, Integer } from './key-decorators.js';

export class HealthSettings {
  /** Longest time of one check, milliseconds. Default 1000; 1 to 60000. */
  @Integer(1, 60_000)
  readonly TimeoutMs: number = 1000;

  /** How long an answer is given again without a new check, milliseconds. 0 = never. Default 1000; 0 to 600000. */
  @Integer(0, 600_000)
  readonly CacheMs: number = 1000;

  /** Show hosts, pool figures and reasons in the answer. Keep it off where strangers can read it. Default false. */
  @Flag()
  readonly ShowDetails: boolean = false;
}
