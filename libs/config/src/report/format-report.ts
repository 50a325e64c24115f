// The report as aligned text for a log or a terminal. Layout only.
import type { ConfigReportEntry } from './config-report.js';

/**
 * One line per key: path, value, and where it came from. `*` marks a default, a name in parentheses the variable.
 */
export function formatReport(entries: readonly ConfigReportEntry[]): string {
  const width = Math.max(0, ...entries.map(({ path }) => path.length));
  return entries.map((entry) => `${entry.path.padEnd(width)}  ${entry.value}${mark(entry)}`).join('\n');
}

function mark({ source, env }: ConfigReportEntry): string {
  if (source === 'default') return ' *';
  return env === undefined ? '' : ` (${env.join(', ')})`;
}
