// Chunks to rows. Small results are decoded at once; large ones in slices, so that no turn of the caller's event loop
// is held longer than a few milliseconds by decoding.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@hydrogen/pool';
import type { Execution, ResultEnd } from '../connection/execution.js';
import type { Row } from '../query/query-result.js';

/** Longest decoding in one turn of the loop (transport.md, "at most 4 ms of decoding"). */
const SLICE_MS = 4;
/** Rows between looks at the clock. */
const SLICE_ROWS = 128;

export interface CollectedRows {
  readonly rows: Row[];
  readonly end: ResultEnd;
}

/** @param stopped true = nobody waits for the rows any more; what is left is not decoded */
export async function collectRows(execution: Execution, clock: Clock, stopped: () => boolean): Promise<CollectedRows> {
  const rows: Row[] = [];
  let spentMs = 0;
  for (let chunk = await execution.next(); chunk; chunk = await execution.next()) {
    for (let from = 0; from < chunk.rowCount && !stopped(); from += SLICE_ROWS) {
      const startedAt = clock.now();
      chunk.decode(from, Math.min(from + SLICE_ROWS, chunk.rowCount), rows);
      spentMs += clock.now() - startedAt;
      if (spentMs >= SLICE_MS) {
        await nextTurn();
        spentMs = 0;
      }
    }
  }
  return { rows, end: await execution.end };
}
