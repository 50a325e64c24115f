// Reads SQL text once, far enough to know what is code and what is literal, comment or quoted name. It finds
// placeholders and keywords; it is no parser and never changes a statement's meaning.
// Lexical rules: PostgreSQL manual, chapter 4.1 (standard_conforming_strings on, the default since 9.1).

export interface NamedPlaceholder {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface ScannedSql {
  /** Highest n of `$n`, 0 when there is none. */
  readonly positional: number;
  /** `:name` in order of appearance; the same name may come more than once. */
  readonly named: readonly NamedPlaceholder[];
  /** The text with literals emptied and comments blanked: what keyword rules may look at. */
  readonly code: string;
}

const IDENTIFIER = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const POSITION = /\$(\d+)/y;

export function scanSql(text: string): ScannedSql {
  const named: NamedPlaceholder[] = [];
  // One entry per open bracket: true = subscript (a colon is a slice), false = ARRAY[…] or a parenthesis.
  const brackets: boolean[] = [];
  let positional = 0;
  let code = '';
  let previousWord = '';
  let at = 0;

  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const skipTo = (end: number, replacement: string): void => {
    code += replacement;
    at = end;
    previousWord = '';
  };

  while (at < text.length) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (char === "'") {
      const escapes = /^e$/i.test(previousWord) && code.endsWith(previousWord);
      skipTo(endOfQuoted(text, at, "'", escapes), "''");
    } else if (char === '"') {
      skipTo(endOfQuoted(text, at, '"', false), '""');
    } else if (char === '-' && next === '-') {
      const end = text.indexOf('\n', at);
      skipTo(end < 0 ? text.length : end, ' ');
    } else if (char === '/' && next === '*') {
      skipTo(endOfComment(text, at), ' ');
    } else if (char === '$') {
      const tag = match(DOLLAR_TAG);
      const position = tag ? null : match(POSITION);
      if (tag) {
        const end = text.indexOf(tag[0], at + tag[0].length);
        skipTo(end < 0 ? text.length : end + tag[0].length, "''");
      } else if (position) {
        positional = Math.max(positional, Number(position[1]));
        skipTo(at + position[0].length, position[0]);
      } else skipTo(at + 1, char);
    } else if (char === ':') {
      if (next === ':' || next === '=') {
        skipTo(at + 2, char + next);
        continue;
      }
      at += 1;
      const name = brackets.at(-1) === true ? null : match(IDENTIFIER);
      code += ':';
      if (name) {
        named.push({ name: name[0], start: at - 1, end: at + name[0].length });
        skipTo(at + name[0].length, name[0]);
      }
    } else if (char === '[') {
      // `ARRAY[` and a bracket directly inside such a constructor open values; after anything else it is a subscript.
      const nested = /[[,]\s*$/.test(code) && brackets.at(-1) === false;
      brackets.push(!(/\barray\s*$/i.test(code) || nested));
      skipTo(at + 1, char);
    } else if (char === '(') {
      brackets.push(false);
      skipTo(at + 1, char);
    } else if (char === ']' || char === ')') {
      brackets.pop();
      skipTo(at + 1, char);
    } else {
      const word = match(IDENTIFIER);
      if (word) {
        code += word[0];
        at += word[0].length;
        previousWord = word[0];
      } else {
        code += char;
        at += 1;
        previousWord = '';
      }
    }
  }
  return { positional, named, code };
}

/** Index after the closing quote; a doubled quote is data, and so is an escaped one in E'…'. */
function endOfQuoted(text: string, start: number, quote: string, escapes: boolean): number {
  for (let at = start + 1; at < text.length; at++) {
    if (escapes && text[at] === '\\') at++;
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return text.length;
}

/** Block comments nest in PostgreSQL. */
function endOfComment(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('/*', at)) {
      depth++;
      at++;
    } else if (text.startsWith('*/', at)) {
      at++;
      if (--depth === 0) return at + 1;
    }
  }
  return text.length;
}
