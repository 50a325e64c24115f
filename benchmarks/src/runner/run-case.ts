// One case: its contestants are started and compared with pg, then measured in rounds, each in its own process, the
// order turned from round to round, so that what the machine does meanwhile is suffered by all of them.
import type { CaseSpec, ContestantSpec } from '../cases/case.js';
import { difference, formOf, type Fingerprint } from '../contestant/same.js';
import { NotAvailable } from '../drivers/driver.js';
import type { Figures } from '../metrics.js';
import { judge, type Verdict } from '../promises.js';
import { rotated } from '../statistics.js';
import { ContestantProcess } from './contestant-process.js';
import type { Contestant } from './contestant.js';
import { Pgbench } from './pgbench.js';

export interface CaseResult {
  readonly spec: CaseSpec;
  readonly rounds: Readonly<Record<string, readonly Figures[]>>;
  /** Why a contestant has no figures, by its id. */
  readonly absent: Readonly<Record<string, string>>;
  readonly verdicts: readonly Verdict[];
}

export interface RunOptions {
  readonly url: string;
  readonly rounds: number;
  readonly quick: boolean;
  /** Brings the tables back to where they were. */
  readonly reset: () => Promise<void>;
}

const TURNS_COUNTED = 20;
/** Share of a round that is spent on warming up before it. */
const WARM_SHARE = 0.3;

export async function runCase(spec: CaseSpec, options: RunOptions): Promise<CaseResult> {
  const absent: Record<string, string> = {};
  const contestants = await startAll(spec, options, absent);
  const rounds: Record<string, Figures[]> = {};
  try {
    await compare(contestants, absent);
    const trips = await countAll(spec, contestants, absent);
    await options.reset();
    const ms = options.quick ? spec.ms.quick : spec.ms.full;
    // A first round for the compilers and for what is learned by statement; its figures are thrown away.
    if (spec.long !== true) await measure(contestants, absent, (each) => each.round(ms / 2, 0));
    const count = spec.long === true && options.quick ? Math.ceil(options.rounds / 2) : options.rounds;
    for (let round = 0; round < count; round++) {
      await measure(rotated(contestants, round), absent, async (each) => {
        const figures = await each.round(ms, ms * (spec.work === 'memory' ? 0 : WARM_SHARE));
        const counted = trips.get(each.spec.id);
        (rounds[each.spec.id] ??= []).push(counted === undefined ? figures : { ...figures, trips: counted });
      });
    }
  } finally {
    await Promise.all(contestants.map((each) => each.close()));
  }
  for (const id of Object.keys(absent)) delete rounds[id];
  return { spec, rounds, absent, verdicts: spec.promises.map((promise) => judge(promise, rounds)) };
}

async function startAll(spec: CaseSpec, options: RunOptions, absent: Record<string, string>): Promise<Contestant[]> {
  const start = (contestant: ContestantSpec): Promise<Contestant> =>
    contestant.driver.startsWith('pgbench')
      ? Pgbench.start(contestant, spec, options.url)
      : ContestantProcess.start(contestant, spec, options.url, options.quick);
  const started = await Promise.all(
    spec.contestants.map((contestant) =>
      start(contestant).catch((error: unknown) => {
        absent[contestant.id] = reasonOf(error);
      }),
    ),
  );
  return started.filter((each) => each !== undefined);
}

/** Does `act` with one after the other; who fails is out, and the others go on. */
async function measure(
  contestants: readonly Contestant[],
  absent: Record<string, string>,
  act: (contestant: Contestant) => Promise<unknown>,
): Promise<void> {
  for (const contestant of contestants) {
    const { id } = contestant.spec;
    if (absent[id] !== undefined) continue;
    try {
      await act(contestant);
    } catch (error) {
      absent[id] = reasonOf(error);
    }
  }
}

/** A wrong result is quickly made: who differs from the first contestant, which is pg, is not measured. */
async function compare(contestants: readonly Contestant[], absent: Record<string, string>): Promise<void> {
  let reference: Fingerprint | undefined;
  await measure(contestants, absent, async (contestant) => {
    const fingerprint = await contestant.check();
    if (!fingerprint) return;
    reference ??= fingerprint;
    const found = difference(fingerprint, reference, formOf(contestant.spec.way));
    if (found !== undefined) throw new Error(`its result is not pg's: ${found}`);
  });
}

async function countAll(
  { countTrips = false }: CaseSpec,
  contestants: readonly Contestant[],
  absent: Record<string, string>,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  if (!countTrips) return counts;
  await measure(contestants, absent, async (contestant) => {
    const trips = await contestant.countTrips(TURNS_COUNTED);
    if (trips !== undefined) counts.set(contestant.spec.id, trips);
  });
  return counts;
}

const FAILED = 'failed: ';

/** Not merely that this library or this build cannot do it. */
export const isFailure = (reason: string): boolean => reason.startsWith(FAILED);

function reasonOf(error: unknown): string {
  if (error instanceof NotAvailable) return error.message;
  return `${FAILED}${error instanceof Error ? error.message : String(error)}`;
}
