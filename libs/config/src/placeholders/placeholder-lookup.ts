// The real sources behind placeholders: the private map of variables, and files such as mounted secrets.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorCode } from '../source/error-code.js';
import { variableOf, type Environment } from '../source/read-environment.js';
import type { PlaceholderLookup } from './expand-placeholders.js';

/** Relative paths start at `folder`. One line break at the end of a file is the editor's, not the secret's. */
export function placeholderLookup(env: Environment, folder: string): PlaceholderLookup {
  return {
    variable: (name) => variableOf(env, name),
    file: (path) => {
      try {
        return { text: readFileSync(resolve(folder, path), 'utf8').replace(/\r?\n$/, '') };
      } catch (error) {
        return { failure: errorCode(error) };
      }
    },
  };
}
