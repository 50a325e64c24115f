// docs/benchmarks.md and its plots in docs/benchmarks/. The page is written by a run and by nobody else.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatFigure, METRICS } from '../metrics.js';
import { TOLERANCE } from '../promises.js';
import type { CaseResult } from '../runner/run-case.js';
import { measuredMetrics, median, type Results } from './results.js';
import { barChart } from './svg.js';
import { markdownTable, type Table } from './table.js';
import { absentLines, figuresTable, promisesTable } from './tables.js';
import { summaryText } from './terminal.js';

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));

/** The paths that were written. */
export function writeDocs(results: Results): string[] {
  const plots = join(DOCS, 'benchmarks');
  rmSync(plots, { recursive: true, force: true }); // no plot of a case that is gone
  mkdirSync(plots, { recursive: true });
  const written = results.cases.flatMap((result) => {
    const svg = plotOf(result);
    if (svg === undefined) return [];
    writeFileSync(join(plots, `${result.spec.name}.svg`), svg);
    return [`docs/benchmarks/${result.spec.name}.svg`];
  });
  writeFileSync(join(DOCS, 'benchmarks.md'), pageOf(results, written));
  return ['docs/benchmarks.md', ...written];
}

function plotOf(result: CaseResult): string | undefined {
  const { spec } = result;
  const { label, unit, better, meaning } = METRICS[spec.headline];
  const bars = spec.contestants.flatMap(({ id, label: name, driver }) => {
    const value = median(result, id, spec.headline);
    if (value === undefined) return [];
    return [{ label: name, value, strong: driver === 'hydrogen', text: `${formatFigure(value)} ${unit}`.trim() }];
  });
  if (bars.length === 0) return undefined;
  const axis = `${label === 'per s' ? meaning : `${label}, ${unit}: ${meaning}`} (${better} is better)`;
  return barChart({ title: spec.title, axis, bars });
}

function pageOf(results: Results, plots: readonly string[]): string {
  const { machine, quick, rounds, cases, parts = 1 } = results;
  const length = quick ? 'Short rounds (`--quick`): a first look, no more.' : `Medians of ${rounds} rounds.`;
  const put = parts > 1 ? ` Put together from ${parts} runs, one after the other.` : '';
  return [
    '# Benchmarks',
    '',
    `Written by \`npm run bench -- --docs\` on ${machine.date}. ${length}${put} Absolute figures are this machine's; what to look at are the ratios.`,
    '',
    markdownTable(machineTable(results)),
    '',
    ...machine.lacks.map((lack) => `- Not measured here: ${lack}`),
    '## How it is measured',
    '',
    'Server, clients and whatever else runs share these cores. Every contestant has a process of its own, 8 connections over TCP on loopback, and',
    'is warmed up before each measurement; contestants take turns in every round, in an order that is rotated, and a ratio is made inside a',
    'round before the median is taken. Rows are compared with those of `pg` before anything is measured. Hydrogen has its default configuration',
    'but for what a name says. The event loop delay is sampled every millisecond, so an idle loop reads a little over one.',
    '',
    '## Promises',
    '',
    summaryText(cases).trim(),
    '',
    markdownTable(overview(cases)),
    '',
    `✔ met, ✘ missed, · nothing promised, ? not measured. \`npm run bench:check\` ends with 1 when a figure is more than ${TOLERANCE * 100} % away from its promise twice.`,
    '',
    ...cases.flatMap((result) => caseSection(result, plots)),
    '## Figures',
    '',
    markdownTable(legend(cases)),
    '',
  ].join('\n');
}

function caseSection(result: CaseResult, plots: readonly string[]): string[] {
  const { spec } = result;
  const plot = `benchmarks/${spec.name}.svg`;
  return [
    `## ${spec.title.charAt(0).toUpperCase()}${spec.title.slice(1)}`,
    '',
    ...(plots.includes(`docs/${plot}`) ? [`![${spec.title}](${plot})`, ''] : []),
    ...(Object.keys(result.rounds).length > 0 ? [markdownTable(figuresTable(result)), ''] : []),
    ...absentLines(result).map((line) => `- ${line}`),
    ...(spec.note === undefined ? [] : [`- ${spec.note}`]),
    `- Alone: \`npm run bench -- --only ${spec.name}\``,
    '',
  ];
}

function overview(cases: readonly CaseResult[]): Table {
  return {
    head: ['', 'work', 'of', 'figure', 'promise', 'measured'],
    textColumns: 5,
    rows: cases.flatMap((result) => {
      const { rows } = promisesTable(result);
      return rows.map(([mark = '', ...rest], index) => [mark, index === 0 ? result.spec.title : '', ...rest]);
    }),
  };
}

function machineTable({ machine }: Results): Table {
  const { cpu, cores, memoryGb, system, node, postgresql, settings, versions } = machine;
  return {
    head: ['', ''],
    textColumns: 2,
    rows: [
      ['machine', `${cpu}, ${cores} cores, ${memoryGb} GB`],
      ['system', `${system}, Node ${node}`],
      ['server', `PostgreSQL ${postgresql}: ${settings}`],
      [
        'rivals',
        Object.entries(versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(', '),
      ],
    ],
  };
}

function legend(cases: readonly CaseResult[]): Table {
  const used = new Set(cases.flatMap(measuredMetrics));
  return {
    head: ['figure', 'meaning', 'better'],
    textColumns: 3,
    rows: Object.entries(METRICS)
      .filter(([name]) => used.has(name as keyof typeof METRICS))
      .map(([, { label, unit, meaning, better }]) => [
        unit === '/s' || unit === '' ? label : `${label} (${unit})`,
        meaning,
        better,
      ]),
  };
}
