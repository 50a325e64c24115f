// What the parts of the loader share during one load.
import type { PlaceholderLookup } from '../placeholders/expand-placeholders.js';
import type { Problems } from './problems.js';

export interface Scope {
  readonly lookup: PlaceholderLookup;
  /** Variables whose values are never shown. */
  readonly secretVariables: ReadonlySet<string>;
  readonly origin: 'file' | 'code';
  /** Relative paths start here. */
  readonly folder: string;
  readonly problems: Problems;
}
