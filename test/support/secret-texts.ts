// Secrets that cannot stand in a text by chance, and the search for any four characters of them in whatever form.
import * as fc from 'fast-check';
import { inspect } from 'node:util';

/** What breaks quoting, URLs, JSON, shells, SQL and line-wise files. */
const AWKWARD = ['@', ':', '/', '?', '#', '%', '&', '=', '+', '"', "'", '\\', '{', '}', '$', ' ', '<', ';', '.', '\t'];
/** Letters that no text of ours or of the server's has. */
const RARE = ['Ж', 'Щ', 'Ы', 'Э', 'Ю', 'Я', 'Ψ', 'Ξ', 'Д', 'ß', '夢', '😀'];

const awkward = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...AWKWARD, '\n'), maxLength });

/** Every four characters in a row hold a letter that stands nowhere else. */
const foreign = fc
  .array(fc.tuple(fc.constantFrom(...RARE), awkward(3)), { minLength: 8, maxLength: 12 })
  .map((parts) => parts.flat().join(''));

/** The same in ASCII: every four characters in a row hold a pair such as `Q~`. */
const ascii = fc
  .array(fc.tuple(fc.constantFrom('Q', 'J', 'Z', 'X'), fc.constantFrom('~', '^', '`', '|'), awkward(1)), {
    minLength: 6,
    maxLength: 10,
  })
  .map((parts) => parts.flat().join(''));

/** A password of at least 8 characters that is hard on everybody who handles it. */
export const secretText: fc.Arbitrary<string> = fc.oneof(foreign, ascii);

/** Everything that a logger, a debugger or a page could make of a value. */
export function everyFormOf(value: unknown, options: { getters: boolean } = { getters: true }): string {
  const forms = [
    inspect(value, { showHidden: true, depth: 20, maxArrayLength: null, maxStringLength: null, ...options }),
    inspect(value, { showHidden: true, depth: 20, customInspect: false, ...options }),
    JSON.stringify(value) ?? '',
    String(value),
  ];
  if (value instanceof Error) forms.push(value.message, value.stack ?? '');
  return forms.join('\n');
}

/** @throws naming what was found and where, when four characters of the secret in a row are in the text */
export function expectNothingOf(secret: string, text: string): void {
  for (const form of formsOf(secret)) {
    const at = text.indexOf(form);
    if (at < 0) continue;
    const around = text.slice(Math.max(0, at - 150), at + form.length + 60);
    throw new Error(`${JSON.stringify(form)} of the secret ${JSON.stringify(secret)} is shown:\n…${around}…`);
  }
}

function formsOf(secret: string): Set<string> {
  const characters = [...secret];
  const forms = new Set<string>();
  for (let at = 0; at + 4 <= characters.length; at++) {
    const part = characters.slice(at, at + 4).join('');
    forms.add(part);
    forms.add(encodeURIComponent(part));
    forms.add(JSON.stringify(part).slice(1, -1));
    forms.add(inspect(part).slice(1, -1));
    forms.add(Buffer.from(part).toString('latin1'));
  }
  const whole = Buffer.from(secret);
  return forms.add(whole.toString('base64').slice(0, 16)).add(whole.toString('hex').slice(0, 16));
}
