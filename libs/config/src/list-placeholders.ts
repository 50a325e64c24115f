// Which variables does a configuration ask for? Answered before any of them is read, so that a service can decide what to
// do when none is set. It judges nothing but the readability of the document.
import type { LoadOptions } from './load-hydrogen-config.js';
import { findPlaceholders, type PlaceholderReference } from './placeholders/find-placeholders.js';
import { readDocument } from './source/read-document.js';
import { readEnvironment } from './source/read-environment.js';

/**
 * Every reference to a variable in the `Databases` block, in the order of the document, disabled connections included.
 * @throws ConfigInvalidError when there is no such document or it cannot be read
 */
export function listPlaceholders(options: LoadOptions = {}): readonly PlaceholderReference[] {
  const cwd = options.cwd ?? process.cwd();
  const env = options.env ?? readEnvironment(cwd);
  return findPlaceholders(readDocument(options.config, env, cwd).databases, 'Databases');
}
