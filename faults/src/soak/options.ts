// What `npm run soak` can be told.
import { parseArgs } from 'node:util';

export interface SoakOptions {
  readonly minutes: number;
  readonly help: boolean;
}

export const HELP = `npm run soak -- [--minutes N]

Mixed faults under a mixed load, with workers and without; a line each minute. Default 30 minutes, fractions are fine.
Ends with 1 when something hung, was wrong, was uncaught, grew, or did not come back.
`;

/** @throws a plain Error that says what is wrong */
export function parseSoakOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: { type: 'string' }, help: { type: 'boolean' } },
  });
  const minutes = Number(values.minutes ?? '30');
  if (!(minutes > 0)) throw new Error('--minutes takes a number above 0');
  return { minutes, help: values.help ?? false };
}
