// bytea in text form: `\x0a0b`, or with bytea_output = escape the older form. The parser behind pg-types is not called for
// that one: a backslash that no server writes sends it round in circles for ever.
import { Buffer } from 'node:buffer';
import { malformed } from './malformed.js';

const ESCAPE = /\\(\\|[0-7]{3})?/g;

export function parseBytea(text: string): Buffer {
  if (text.startsWith('\\x')) return Buffer.from(text.slice(2), 'hex');
  const bytes = text.replaceAll(ESCAPE, (_, code: string | undefined) => {
    if (code === undefined) return malformed('bytea', 'has a lone backslash');
    return code === '\\' ? code : String.fromCharCode(Number.parseInt(code, 8));
  });
  return Buffer.from(bytes, 'latin1');
}
