// Who takes part, under the names that promises use. A case may give one of ours keys of its own.
import type { ContestantSpec } from './case.js';

export const PG: ContestantSpec = { id: 'pg', label: 'pg.Pool', driver: 'pg' };
export const PG_NAMED: ContestantSpec = { id: 'pg-named', label: 'pg.Pool, named', driver: 'pg-named' };
export const POSTGRES: ContestantSpec = { id: 'postgres', label: 'postgres.js', driver: 'postgres' };
export const PGBENCH: ContestantSpec = { id: 'pgbench', label: 'pgbench', driver: 'pgbench' };
export const PGBENCH_PIPELINED: ContestantSpec = {
  id: 'pgbench-pipelined',
  label: 'pgbench, pipelined',
  driver: 'pgbench-pipelined',
};
export const HYDROGEN: ContestantSpec = { id: 'hydrogen', label: 'Hydrogen', driver: 'hydrogen' };
/** No worker at all: everything in the main thread. */
export const HYDROGEN_INLINE: ContestantSpec = {
  id: 'hydrogen-inline',
  label: 'Hydrogen, inline',
  driver: 'hydrogen',
  databases: { Workers: 0 },
};
export const HYDROGEN_WORKER: ContestantSpec = {
  id: 'hydrogen-worker',
  label: 'Hydrogen, in a worker',
  driver: 'hydrogen',
  databases: { Placement: 'worker' },
};
export const HYDROGEN_WRITES: ContestantSpec = {
  id: 'hydrogen-writes',
  label: 'Hydrogen, PipelineWrites',
  driver: 'hydrogen',
  connection: { PipelineWrites: true },
};

export const LIBRARIES: readonly ContestantSpec[] = [PG, PG_NAMED, POSTGRES];
export const RIVALS: readonly ContestantSpec[] = [...LIBRARIES, PGBENCH];

/** Ours, in a way of the work that the others do not have. */
export function hydrogenBy(way: string, label = `Hydrogen, ${way}`): ContestantSpec {
  return { ...HYDROGEN, id: `hydrogen-${way}`, label, way };
}
