// What a run has found, as one document: what --json writes, --from reads, and all reports are made of.
import { readFileSync } from 'node:fs';
import type { Machine } from '../machine.js';
import { METRIC_NAMES, type MetricName } from '../metrics.js';
import { judge, medianOf } from '../promises.js';
import type { CaseResult } from '../runner/run-case.js';

export interface Results {
  readonly machine: Machine;
  readonly quick: boolean;
  readonly rounds: number;
  /** Of how many runs it was put together by --from; cases are whole in each. */
  readonly parts?: number;
  readonly cases: readonly CaseResult[];
}

export function median(result: CaseResult, contestant: string, metric: MetricName): number | undefined {
  return medianOf((result.rounds[contestant] ?? []).map((figures) => figures[metric]));
}

/** Those that at least one contestant has. */
export function measuredMetrics(result: CaseResult): readonly MetricName[] {
  return METRIC_NAMES.filter(
    (metric) =>
      (metric !== 'mean' || result.spec.headline !== 'rate') && // a rate tells it already
      Object.values(result.rounds).some((rounds) => rounds.some((figures) => figures[metric] !== undefined)),
  );
}

export function labelIn(result: CaseResult): (id: string) => string {
  return (id) => result.spec.contestants.find((each) => each.id === id)?.label ?? id;
}

/** Of several runs: a later one's case takes the place of an earlier one's. @throws when a file is none of ours */
export function readResults(files: readonly string[], order: readonly string[]): Results {
  const all = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Results);
  const last = all.at(-1);
  if (!last?.machine) throw new Error(`${files.join(', ')}: not written by --json`);
  const cases = new Map(all.flatMap((each) => each.cases.map((result) => [result.spec.name, judgedAgain(result)])));
  return {
    ...last,
    quick: all.some((each) => each.quick),
    parts: files.length,
    rounds: Math.min(...all.map((each) => each.rounds)),
    cases: [...cases.values()].toSorted((a, b) => order.indexOf(a.spec.name) - order.indexOf(b.spec.name)),
  };
}

/** The figures are the document; what follows from them is worked out anew. */
function judgedAgain(result: CaseResult): CaseResult {
  return { ...result, verdicts: result.spec.promises.map((promise) => judge(promise, result.rounds)) };
}
