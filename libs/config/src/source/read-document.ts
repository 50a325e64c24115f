// From whatever names a configuration to its `Databases` block, still raw: no placeholder is read and nothing is judged
// here beyond "is there such a block".
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigInvalidError } from '../config-invalid.error.js';
import { nearestName } from '../nearest-name.js';
import type { ConfigSource } from '../settings/config-input.js';
import { errorCode } from './error-code.js';
import { findConfigFile } from './find-file.js';
import { JsonFault, readJson } from './json-reader.js';
import { isPlainBlock, type RawBlock } from './raw-block.js';
import type { Environment } from './read-environment.js';

export interface ConfigDocument {
  readonly databases: RawBlock;
  readonly origin: 'file' | 'code';
  readonly file?: string;
  /** Relative paths inside the configuration start here. */
  readonly folder: string;
}

export function readDocument(config: ConfigSource | undefined, env: Environment, cwd: string): ConfigDocument {
  if (config !== undefined && typeof config !== 'string') {
    const whole = isPlainBlock(config) && Object.hasOwn(config, 'Databases') ? config : { Databases: config };
    return { databases: databasesOf(whole, 'configuration'), origin: 'code', folder: cwd };
  }
  const file = findConfigFile(config, env, cwd);
  return { databases: databasesOf(parseFile(file), file), origin: 'file', file, folder: dirname(file) };
}

function parseFile(file: string): unknown {
  try {
    return readJson(readFileSync(file, 'utf8'));
  } catch (error) {
    const message =
      error instanceof JsonFault
        ? `line ${error.line}, column ${error.column}: ${error.message}`
        : `cannot be read: ${errorCode(error)}`;
    throw new ConfigInvalidError([{ path: file, message }]);
  }
}

function databasesOf(whole: unknown, name: string): RawBlock {
  if (!isPlainBlock(whole)) throw new ConfigInvalidError([{ path: name, message: 'must be an object' }]);
  if (!Object.hasOwn(whole, 'Databases')) {
    const nearest = nearestName('Databases', Object.keys(whole));
    const hint = nearest === undefined ? '' : `, did you mean it by ${JSON.stringify(nearest)}?`;
    throw new ConfigInvalidError([{ path: 'Databases', message: `the block is missing in ${name}${hint}` }]);
  }
  const block = whole['Databases'];
  if (isPlainBlock(block)) return block;
  throw new ConfigInvalidError([{ path: 'Databases', message: 'must be an object' }]);
}
