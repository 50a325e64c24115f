// What `npm run faults` can be told. Pure: arguments in, options out.
import { parseArgs } from 'node:util';

export interface FaultOptions {
  readonly only: readonly string[];
  readonly rivals: boolean;
  readonly list: boolean;
  readonly short: boolean;
  readonly workers: number;
  readonly json?: string;
  readonly docs: boolean;
  readonly help: boolean;
}

export class OptionsError extends Error {}

export const HELP = `npm run faults -- [options]

  --only NAME[,NAME]  these scenarios (--list names them), or all whose names begin so: bank
  --rivals            pg and postgres.js as well, side by side
  --short             the form of the tests, not the long one
  --workers N         threads of ours; default 1
  --json FILE         everything that was measured
  --docs              writes the table into docs/faults.md
  --list              names the scenarios
Ends with 1 when a promise of ours is missed.
`;

export function parseOptions(args: readonly string[], names: readonly string[]): FaultOptions {
  const { values } = parse(args);
  const only = (values.only ?? []).flatMap((list) => list.split(',')).flatMap((name) => namesOf(name, names));
  const workers = Number(values.workers ?? '1');
  if (!Number.isInteger(workers) || workers < 0) throw new OptionsError('--workers takes a whole number from 0');
  const { rivals = false, list = false, short = false, docs = false, help = false, json } = values;
  return { only, rivals, list, short, docs, help, workers, ...(json === undefined ? {} : { json }) };
}

/** The scenario of that name, or its family: `bank` is `bank-calm`, `bank-kills` and so on. */
function namesOf(name: string, names: readonly string[]): readonly string[] {
  if (names.includes(name)) return [name];
  const family = names.filter((each) => each.startsWith(`${name}-`));
  if (family.length === 0) throw new OptionsError(`no scenario ${name}; there are ${names.join(', ')}`);
  return family;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true },
        rivals: { type: 'boolean' },
        list: { type: 'boolean' },
        short: { type: 'boolean' },
        workers: { type: 'string' },
        json: { type: 'string' },
        docs: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new OptionsError((error as Error).message);
  }
}
