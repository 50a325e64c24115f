// Puts values in the place of placeholders, once: a value that looks like a placeholder stays as it is.
// Pure: where variables and files come from is the caller's matter. No reason given here repeats a value.
import { parsePlaceholders, type PlaceholderToken } from './placeholder-syntax.js';

export interface PlaceholderLookup {
  /** Value of a variable, `undefined` when it is not set. */
  variable(name: string): string | undefined;
  /** Content of a file, or the code of the failure (ENOENT, EACCES). */
  file(path: string): { readonly text: string } | { readonly failure: string };
}

export interface ExpansionFailure {
  readonly message: string;
  readonly env?: string;
  /** Something is not there, as opposed to written wrongly; a disabled connection may lack it. */
  readonly missing: boolean;
}

export interface Expansion {
  readonly text: string;
  /** Variables whose values are in the text. */
  readonly variables: readonly string[];
  /** Content of a file is in the text. */
  readonly fromFile: boolean;
  readonly failures: readonly ExpansionFailure[];
}

type Reference = Extract<PlaceholderToken, { kind: 'env' | 'file' }>;

/** Expands all placeholders of a text and reports all failures, each once. */
export function expandPlaceholders(text: string, lookup: PlaceholderLookup): Expansion {
  const variables = new Set<string>();
  const failures = new Map<string, ExpansionFailure>();
  const empty: Reference[] = [];
  let fromFile = false;
  const fail = (failure: ExpansionFailure): string => {
    failures.set(failure.message, failure);
    return '';
  };

  const expandOne = (token: PlaceholderToken): string => {
    if (token.kind === 'text') return token.text;
    if (token.kind === 'malformed') return fail({ message: `malformed placeholder: ${token.reason}`, missing: false });
    const found = token.kind === 'env' ? { text: lookup.variable(token.name) } : lookup.file(token.name);
    const value = 'failure' in found ? undefined : found.text;
    // As in a shell, the default stands in for an empty value too.
    if (!value && token.fallback !== undefined && !isUnreadable(found)) return token.fallback;
    if (value === undefined) return fail(notThere(token, 'failure' in found ? found.failure : undefined));
    if (value === '') empty.push(token);
    if (token.kind === 'env') variables.add(token.name);
    else fromFile = true;
    return value;
  };

  const expanded = parsePlaceholders(text).map(expandOne).join('');
  // An empty variable inside a longer text may be meant; a whole value that comes out empty is a variable not filled in.
  if (expanded === '' && failures.size === 0) for (const token of empty) fail(isEmpty(token));
  return { text: expanded, variables: [...variables], fromFile, failures: [...failures.values()] };
}

/** A file that is there and cannot be read is a fault, whatever default there is. */
function isUnreadable(found: object): boolean {
  return 'failure' in found && found.failure !== 'ENOENT';
}

function notThere(token: Reference, failure: string | undefined): ExpansionFailure {
  if (token.kind === 'env') {
    return { message: `environment variable ${token.name} is not set`, env: token.name, missing: true };
  }
  return { message: `file ${token.name} cannot be read: ${failure}`, missing: failure === 'ENOENT' };
}

function isEmpty(token: Reference): ExpansionFailure {
  if (token.kind === 'file') return { message: `file ${token.name} is empty`, missing: true };
  return { message: `environment variable ${token.name} is not set (it is empty)`, env: token.name, missing: true };
}
