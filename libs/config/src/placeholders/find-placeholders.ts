// Walks a raw document and finds every reference to a variable. It reads no variable.
import { isPlainBlock } from '../source/raw-block.js';
import { parsePlaceholders } from './placeholder-syntax.js';

export interface PlaceholderReference {
  /** Key path, as written. */
  readonly path: string;
  /** Name of the environment variable. */
  readonly variable: string;
  /** Written with `:-`, so that the variable may be absent. */
  readonly hasDefault: boolean;
}

/** All `{$env.NAME}` and `${env.NAME}` below a value, in the order of the document. */
export function findPlaceholders(value: unknown, path: string): PlaceholderReference[] {
  if (typeof value === 'string') {
    return parsePlaceholders(value).flatMap((token) =>
      token.kind === 'env' ? [{ path, variable: token.name, hasDefault: token.fallback !== undefined }] : [],
    );
  }
  if (Array.isArray(value)) return value.flatMap((child, index) => findPlaceholders(child, `${path}[${index}]`));
  if (!isPlainBlock(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => findPlaceholders(child, `${path}.${key}`));
}

const SECRET_KEY = /\.(?:Password|Pass|Url|Key)$/;
const SECRET_NAME = /PASS|PWD|SECRET|TOKEN|PRIVATE|CREDENTIAL/i;

/**
 * Variables whose values are never shown, wherever they are used: those that a secret key refers to, and those whose
 * name says so. Two variables swapped by mistake must not print the password as "got …" for the port.
 */
export function secretVariables(references: readonly PlaceholderReference[]): ReadonlySet<string> {
  const secret = references.filter(({ path, variable }) => SECRET_KEY.test(path) || SECRET_NAME.test(variable));
  return new Set(secret.map(({ variable }) => variable));
}
