// The list in which every part of the loader writes what it found, so that one report holds all of it.
import type { ConfigIssue } from '../config-invalid.error.js';

/**
 * `wrong`: an error. `missing`: an error, unless the connection is disabled. `unknown`: an unknown key, an error unless
 * `Strict` is off.
 */
export type ProblemKind = 'wrong' | 'missing' | 'unknown';

interface Problem {
  readonly kind: ProblemKind;
  readonly issue: ConfigIssue;
}

export class Problems {
  // By content: a value inherited from Defaults is judged once per connection and must be reported once.
  readonly #found = new Map<string, Problem>();

  add(path: string, message: string, kind: ProblemKind = 'wrong', env?: string): void {
    this.#add({ kind, issue: Object.freeze(env === undefined ? { path, message } : { path, message, env }) });
  }

  /** Takes over what another list holds, except the kinds named. */
  addAll(other: Problems, except: readonly ProblemKind[] = []): void {
    for (const problem of other.#found.values()) if (!except.includes(problem.kind)) this.#add(problem);
  }

  /** The problems of the given kinds in the order in which they were found. */
  issues(...kinds: ProblemKind[]): ConfigIssue[] {
    const found = [...this.#found.values()].filter((problem) => kinds.includes(problem.kind));
    return found.map((problem) => problem.issue);
  }

  #add(problem: Problem): void {
    const id = `${problem.issue.path}\n${problem.issue.message}`;
    if (!this.#found.has(id)) this.#found.set(id, problem);
  }
}
