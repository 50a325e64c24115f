// The generated part of docs/faults.md, between its markers; the rest of the page is written by people.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cellOf, labelOf, verdictOf, type Run } from './cells.js';

const PAGE = fileURLToPath(new URL('../../../docs/faults.md', import.meta.url));
const [BEGIN, END] = ['<!-- written by npm run faults -- --docs -->', '<!-- up to here -->'];

export interface RunOf {
  readonly postgresql: string;
  readonly short: boolean;
  readonly workers: number;
}

export function writeDocs(runs: readonly Run[], of: RunOf): void {
  const page = readFileSync(PAGE, 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no ${BEGIN} … ${END}`);
  writeFileSync(PAGE, `${page.slice(0, from + BEGIN.length)}\n${tableOf(runs, of)}\n${page.slice(to)}`);
}

function tableOf(runs: readonly Run[], { postgresql, short, workers }: RunOf): string {
  const scenarios = [...new Set(runs.map(({ scenario }) => scenario))];
  const labels = [...new Set(runs.map(({ contestant }) => labelOf(contestant)))];
  const rivals = labels.filter((label) => label !== 'hydrogen');
  const of = (name: string, label: string): Run | undefined =>
    runs.find(({ scenario, contestant }) => scenario.name === name && labelOf(contestant) === label);
  const date = new Date().toISOString().slice(0, 10);
  const where = `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores, Node ${process.version}, PostgreSQL ${postgresql}`;
  const rows = scenarios.map(({ name, fault, goal }) => {
    const ours = of(name, 'hydrogen');
    const cells = [
      `\`${name}\``,
      fault,
      goal,
      ours ? cellOf(ours.apart) : '–',
      ours ? verdictOf(ours) : '·',
      ...rivals.map((label) => {
        const run = of(name, label);
        return run ? cellOf(run.apart) : '–';
      }),
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  const head = ['scenario', 'fault', 'promise', 'Hydrogen', 'kept', ...rivals];
  return [
    '',
    `Written on ${date}: ${where}; Workers ${workers}, the ${short ? 'short form (`--short`)' : 'long form'}. One run; counts are what to look at, times are this machine's.`,
    '',
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows,
    '',
  ].join('\n');
}
