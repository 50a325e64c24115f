// What is printed while the suite runs, and at its end.
import type { Machine } from '../machine.js';
import { isBroken } from '../promises.js';
import type { CaseResult } from '../runner/run-case.js';
import { terminalTable } from './table.js';
import { absentLines, figuresTable, promisesTable } from './tables.js';

export function machineText(machine: Machine): string {
  const { cpu, cores, memoryGb, system, node, postgresql, settings, versions, lacks } = machine;
  const rivals = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}`,
    `Node ${node}, PostgreSQL ${postgresql} (${settings}), ${rivals.join(', ')}`,
    ...lacks.map((lack) => `Not measured here: ${lack}`),
  ].join('\n');
}

export function caseText(result: CaseResult): string {
  const { spec, verdicts } = result;
  const lines = ['', `${spec.name}: ${spec.title}`];
  if (Object.keys(result.rounds).length > 0) lines.push(terminalTable(figuresTable(result)));
  lines.push(...absentLines(result).map((line) => `  ${line}`));
  if (spec.note !== undefined) lines.push(`  ${spec.note}`);
  if (verdicts.length > 0) lines.push(terminalTable(promisesTable(result)));
  return lines.join('\n');
}

export function summaryText(cases: readonly CaseResult[]): string {
  const verdicts = cases.flatMap((each) => each.verdicts);
  const count = (status: string): number => verdicts.filter((each) => each.status === status).length;
  const noise = verdicts.filter((each) => each.status === 'missed' && !isBroken(each)).length;
  const parts = [
    `${count('met')} promises met`,
    `${count('missed')} missed${noise > 0 ? ` (${noise} of them within noise)` : ''}`,
    `${count('unavailable')} not available in this build`,
    ...(count('no-rival') > 0 ? [`${count('no-rival')} without their rival`] : []),
  ];
  return `\n${parts.join(', ')}.`;
}
