// The two tables of a case: what everyone did, and what has become of the promises.
import { formatFigure, METRICS } from '../metrics.js';
import { wording, type Verdict } from '../promises.js';
import type { CaseResult } from '../runner/run-case.js';
import { pairedRatio } from '../statistics.js';
import { labelIn, measuredMetrics, median } from './results.js';
import type { Table } from './table.js';

/** Contestants by their figures, and how far from the first of them by the case's headline. */
export function figuresTable(result: CaseResult): Table {
  const { spec, absent } = result;
  const metrics = measuredMetrics(result);
  const [reference] = spec.contestants;
  const ratio = (id: string): string => {
    const value = reference && pairedRatio(figuresOf(result, id), figuresOf(result, reference.id));
    return value === undefined ? '–' : `${formatFigure(value)}x`;
  };
  const { label } = METRICS[spec.headline];
  return {
    head: ['', ...metrics.map((name) => headOf(name)), `${label} to ${reference?.label ?? ''}`],
    textColumns: 1,
    rows: spec.contestants
      .filter(({ id }) => absent[id] === undefined)
      .map(({ id, label: name }) => [
        name,
        ...metrics.map((metric) => formatFigure(median(result, id, metric))),
        ratio(id),
      ]),
  };
}

const figuresOf = ({ spec, rounds }: CaseResult, id: string): (number | undefined)[] =>
  (rounds[id] ?? []).map((figures) => figures[spec.headline]);

function headOf(name: keyof typeof METRICS): string {
  const { label, unit } = METRICS[name];
  return unit === '' || unit === '/s' ? label : `${label} ${unit}`;
}

export function absentLines({ spec, absent }: CaseResult): string[] {
  return spec.contestants.flatMap(({ id, label }) => (absent[id] === undefined ? [] : [`${label}: ${absent[id]}`]));
}

/** `✔` and `✘` in a column of their own, so that a reader finds the misses at a glance. */
export function promisesTable(result: CaseResult): Table {
  const label = labelIn(result);
  return {
    head: ['', 'of', 'figure', 'promise', 'measured'],
    textColumns: 4,
    rows: result.verdicts.map((verdict) => {
      const { promise } = verdict;
      return [
        MARKS[verdict.status],
        label(promise.ours),
        METRICS[promise.metric].label,
        wording(promise, label),
        measured(verdict),
      ];
    }),
  };
}

const MARKS: Readonly<Record<Verdict['status'], string>> = {
  met: '✔',
  missed: '✘',
  told: '·',
  unavailable: '?',
  'no-rival': '?',
};

function measured({ promise, status, value, withinTolerance }: Verdict): string {
  if (status === 'unavailable') return 'not measured';
  if (value === undefined) return 'no rival here';
  const unit = promise.rival === undefined ? ` ${METRICS[promise.metric].unit}` : 'x';
  return `${formatFigure(value)}${unit}${withinTolerance === true ? ' (within noise)' : ''}`;
}
