// What counts as a block of keys in a raw document: an object, but neither a list nor one of our values.
import { Secret } from '../secret.js';

export type RawBlock = Readonly<Record<string, unknown>>;

export function isPlainBlock(value: unknown): value is RawBlock {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret);
}
