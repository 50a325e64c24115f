// The `Results` block of a connection: the ceiling of a buffered result, before the process dies of it.
import { Integer } from './key-decorators.js';

export class ResultsSettings {
  /** Rows of one buffered result. 0 = no limit. Default 0; 0 to 2147483647. */
  @Integer(0, 2_147_483_647)
  readonly MaxRows: number = 0;

  /** Bytes of one buffered result as received. 0 = no limit. Default 268435456 (256 MiB); 0 to 9007199254740991. */
  @Integer(0, Number.MAX_SAFE_INTEGER)
  readonly MaxBytes: number = 268_435_456;
}
