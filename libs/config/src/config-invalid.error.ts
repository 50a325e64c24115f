// The one error of this library: every problem of a configuration, at once.
// It must not carry a value of a secret, and it must print as bare lines: no stack, no object dump.
import { inspect } from 'node:util';

/** One problem: where it is, what it is, and which environment variable is to blame, if one is. */
export interface ConfigIssue {
  /** Key path as written in the file, such as `Databases.Connections.OIDC.Port`, or the path of the file itself. */
  readonly path: string;
  /** What is wrong, without the path and without any secret. */
  readonly message: string;
  /** Name of the environment variable that is missing or holds the wrong value. */
  readonly env?: string;
}

/**
 * Thrown when a configuration cannot be used. `message` is one line per problem, `path: message`.
 * Whoever starts a service prints it as it is and ends with 1.
 */
export class ConfigInvalidError extends Error {
  declare readonly code: 'DB_CONFIG_INVALID';
  /** All problems, block by block in the order of the file. Not enumerable: Node would print them a second time. */
  declare readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    super(issues.map((issue) => `${issue.path}: ${issue.message}`).join('\n'));
    const hidden = { code: 'DB_CONFIG_INVALID', issues: Object.freeze([...issues]) };
    for (const [key, value] of Object.entries(hidden)) Object.defineProperty(this, key, { value });
    // Whoever reads this edits a file; the frames of the loader tell nothing and bury the lines that do.
    Object.defineProperty(this, 'stack', { value: this.message, writable: true, configurable: true });
  }

  override get name(): string {
    return 'ConfigInvalidError';
  }

  [inspect.custom](): string {
    return this.message;
  }

  toJSON(): Record<string, unknown> {
    return { name: this.name, code: this.code, message: this.message, issues: this.issues };
  }
}
