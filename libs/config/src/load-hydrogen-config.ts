// The one door: a file or an object, and the environment, in; one frozen, checked object out, or one error with all problems.
// It must not touch a database, and it must not write to `process.env`.
import { ConfigInvalidError, type ConfigIssue } from './config-invalid.error.js';
import { findPlaceholders, secretVariables } from './placeholders/find-placeholders.js';
import { placeholderLookup } from './placeholders/placeholder-lookup.js';
import { reportOf, type ConfigReportEntry } from './report/config-report.js';
import { formatReport } from './report/format-report.js';
import { deepFreeze } from './resolve/deep-freeze.js';
import { Problems } from './resolve/problems.js';
import { resolveDatabases } from './resolve/resolve-databases.js';
import type { ConfigSource } from './settings/config-input.js';
import type { HydrogenConfig } from './settings/databases.settings.js';
import { readDocument } from './source/read-document.js';
import { readEnvironment, type Environment } from './source/read-environment.js';

export interface LoadOptions {
  /** Path, `Databases` block or document. Default: the search order, see `docs/configuration.md`. */
  readonly config?: ConfigSource;
  /** Takes the place of `readEnvironment(cwd)`; nothing else is looked at then. */
  readonly env?: Environment;
  /** Where relative paths start. Default: the working directory. */
  readonly cwd?: string;
}

export interface LoadedConfig {
  /** Frozen to the bottom; a later assignment throws. */
  readonly config: HydrogenConfig;
  /** Absolute path of the file, when there was one. */
  readonly file?: string;
  /** Unknown keys, when `Databases.Strict` is off. */
  readonly warnings: readonly ConfigIssue[];
  /** Every key with the value in effect and its source. */
  report(): ConfigReportEntry[];
  /** The same as aligned text, defaults marked with `*`. */
  formatReport(): string;
}

/**
 * Loads, expands, converts, judges and freezes, in this order.
 * @throws ConfigInvalidError with every problem of the configuration at once
 */
export function loadHydrogenConfig(options: LoadOptions = {}): LoadedConfig {
  const cwd = options.cwd ?? process.cwd();
  const env = options.env ?? readEnvironment(cwd);
  const { databases, origin, file, folder } = readDocument(options.config, env, cwd);
  const problems = new Problems();
  const resolved = resolveDatabases(databases, {
    lookup: placeholderLookup(env, folder),
    secretVariables: secretVariables(findPlaceholders(databases, 'Databases')),
    origin,
    folder,
    problems,
  });
  const strict = resolved.settings.Strict;
  const issues = strict ? problems.issues('wrong', 'missing', 'unknown') : problems.issues('wrong', 'missing');
  if (issues.length > 0) throw new ConfigInvalidError(issues);
  return Object.freeze({
    config: deepFreeze<HydrogenConfig>({ Databases: resolved.settings }),
    ...(file === undefined ? {} : { file }),
    warnings: Object.freeze(problems.issues('unknown')),
    report: () => reportOf(resolved),
    formatReport: () => formatReport(reportOf(resolved)),
  });
}
