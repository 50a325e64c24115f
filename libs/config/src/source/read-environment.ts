// The private map of variables: `.env` under `process.env`. The only place of this library that reads either.
// It must not write to `process.env`: what stands there is inherited by every child and shown by every dump.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'dotenv';
import { ConfigInvalidError } from '../config-invalid.error.js';
import { errorCode } from './error-code.js';

/** Names and values of variables; look names up with `variableOf`, never with `[]`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A copy of `process.env` with the variables of `<cwd>/.env` added where they are not set. A missing file adds nothing.
 * @param cwd folder of the file; default: the working directory
 * @throws ConfigInvalidError when the file is there and cannot be read
 */
export function readEnvironment(cwd: string = process.cwd()): Record<string, string | undefined> {
  return { ...readEnvFile(resolve(cwd, '.env')), ...process.env };
}

function readEnvFile(file: string): Record<string, string> {
  try {
    return parse(readFileSync(file));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return {};
    throw new ConfigInvalidError([{ path: file, message: `cannot be read: ${code}` }]);
  }
}

/** `{$env.constructor}` must not find what every object inherits. */
export function variableOf(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}
