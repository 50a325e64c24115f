// Converts a text by the declared type of its key, never by its look: a password `00123` or `true` stays a text.
// What does not fit is given back as it came; the rules of the settings class then say what was wanted.
import { resolve } from 'node:path';
import { Secret } from '../secret.js';
import type { KeyRule } from '../settings/key-rules.js';

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

export function coerce(rule: KeyRule, value: unknown, folder: string): unknown {
  switch (rule.kind) {
    case 'integer':
      return toNumber(value, /^[+-]?\d+$/);
    case 'decimal':
      return toNumber(value, /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)$/);
    case 'flag':
      // JSON's own 1 and 0 are the same words as their texts.
      return typeof value === 'string' || typeof value === 'number'
        ? (FLAGS.get(String(value).toLowerCase()) ?? value)
        : value;
    case 'choice':
      return typeof value === 'string' ? (new Map(Object.entries(rule.synonyms ?? {})).get(value) ?? value) : value;
    case 'secret':
    case 'password':
      return typeof value === 'string' ? new Secret(rule.pem ? pathOrPem(value, folder) : value) : value;
    case 'text':
      return rule.pem && typeof value === 'string' ? pathOrPem(value, folder) : value;
    default:
      return value;
  }
}

function toNumber(value: unknown, shape: RegExp): unknown {
  if (typeof value !== 'number' && !(typeof value === 'string' && shape.test(value))) return value;
  // Plus 0, so that "-0" is the zero that everybody compares with.
  return Number(value) + 0;
}

/** A PEM that came through one line of an environment file has `\n` written out; a path is made absolute. */
function pathOrPem(text: string, folder: string): string {
  if (text.includes('-----BEGIN ')) return text.includes('\n') ? text : text.replaceAll('\\n', '\n');
  return text === '' ? text : resolve(folder, text);
}
