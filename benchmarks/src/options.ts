// The command line: what may be said, and what an answer to anything else is. Pure.
import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly quick: boolean;
  /** Names of cases, or beginnings of them; empty = all. */
  readonly only: readonly string[];
  readonly rounds?: number;
  readonly json?: string;
  readonly docs: boolean;
  readonly check: boolean;
  readonly server?: string;
  /** Results of earlier runs: nothing is measured, they are told again, together. */
  readonly from: readonly string[];
  readonly list: boolean;
  readonly help: boolean;
}

export class OptionsError extends Error {}

export const HELP = `Usage: npm run bench -- [options]
       npm run bench:check -- [options]

Measures every promise of speed against pg, postgres.js and pgbench, in one interleaved run.

  --quick         short rounds, for a first look: the whole suite in less than three minutes
  --only NAME     only the cases of that name, or whose names begin with it; may be repeated
  --rounds N      rounds of each case, 1 to 100 (4; with --quick 2)
  --list          names the cases and what is promised of each; measures nothing
  --json FILE     writes everything that was measured
  --docs          writes docs/benchmarks.md and its plots
  --from FILE     tells what an earlier --json wrote, instead of measuring; may be repeated
  --check         exit code 1 when a promise is missed by more than noise; measures such a case a second time first
  --server URL    a server to use instead of one of the run's own; makes and drops the schema hydrogen_bench in it
  --help          this text
`;

/** @throws OptionsError */
export function parseOptions(args: readonly string[], cases: readonly string[]): BenchOptions {
  const { values } = parsed(args);
  const { quick = false, only = [], json, docs = false, check = false, server, from = [], list = false } = values;
  for (const name of only) {
    if (!cases.some((each) => each.startsWith(name))) {
      throw new OptionsError(`--only ${name}: no such case; there are: ${cases.join(', ')}`);
    }
  }
  if (server !== undefined && !/^postgres(?:ql)?:\/\/./.test(server)) {
    throw new OptionsError('--server: a URL that begins with postgres:// is wanted');
  }
  if (from.length > 0 && (check || server !== undefined)) {
    throw new OptionsError('--from measures nothing; it does not go with --check or --server');
  }
  const rounds = values.rounds === undefined ? undefined : roundsOf(values.rounds);
  return { quick, only, rounds, json, docs, check, server, from, list, help: values.help ?? false };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        json: { type: 'string' },
        docs: { type: 'boolean' },
        check: { type: 'boolean' },
        server: { type: 'string' },
        from: { type: 'string', multiple: true },
        list: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new OptionsError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function roundsOf(text: string): number {
  const rounds = Number(text);
  if (/^\d+$/.test(text) && rounds >= 1 && rounds <= 100) return rounds;
  throw new OptionsError(`--rounds ${text}: a whole number from 1 to 100 is wanted`);
}

export function chosen<T extends { readonly name: string }>(cases: readonly T[], only: readonly string[]): T[] {
  return cases.filter(({ name }) => only.length === 0 || only.some((each) => name.startsWith(each)));
}
