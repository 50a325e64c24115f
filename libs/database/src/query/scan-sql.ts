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
  /** Length of what follows the statement itself: trailing semicolons, comments and space. */
  readonly tail: number;
}

const IDENTIFIER = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const POSITION = /\$(\d+)/y;
const SPACE = /\s+/y;
const LINE_COMMENT = /--[^\r\n]*/y;
/** Functions and schemas that leave something in the session (statement-class). */
const WATCHED_NAME = /^(?:set_config|pg_\w+)$/;
/** Literals on the next line go on with the one before (4.1.2.1), with the same rules. */
const CONTINUATION = /[^\S\r\n]*[\r\n]\s*(?=')/y;

/** A colon behind one of these separates: `json_object('a':b)`. Behind a word it may be either, and begins a name. */
const ENDS_VALUE = /^(?:''|""|\)|\]|[\d$].*)$/;

/** What an open bracket means for a colon: in a subscript it is a slice, elsewhere it begins a name. */
type Bracket = 'subscript' | 'array' | 'parenthesis';

export function scanSql(text: string): ScannedSql {
  const named: NamedPlaceholder[] = [];
  const brackets: Bracket[] = [];
  const code: string[] = [];
  let positional = 0;
  let at = 0;
  /** The last token that is neither space nor comment; words in lower case. */
  let last = '';
  let lastEnd = 0;
  /** Where the statement itself ends: after the last token that is no semicolon. */
  let end = 0;

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const blank = (length: number, shown = ' '): void => {
    code.push(shown);
    at += length;
  };
  const token = (to: number, shown: string, word = shown): void => {
    code.push(shown);
    at = to;
    last = word;
    lastEnd = to;
    if (word !== ';') end = to;
  };

  while (at < text.length) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    const space = match(SPACE);
    if (space) blank(space.length, space);
    else if (char === '-' && next === '-') blank(match(LINE_COMMENT)?.length ?? 2);
    else if (char === '/' && next === '*') blank(endOfComment(text, at) - at);
    else if (char === "'") token(endOfLiteral(text, at, last === 'e' && lastEnd === at), "''");
    else if (char === '"') {
      const close = endOfQuoted(text, at, '"', false);
      const name = text.slice(at + 1, close - 1);
      // A name that keyword rules look for means the same in quotes.
      token(close, WATCHED_NAME.test(name) ? name : '""', '""');
    } else if (char === '$') {
      const tag = match(DOLLAR_TAG);
      const position = tag ? undefined : match(POSITION);
      if (tag) {
        const close = text.indexOf(tag, at + tag.length);
        token(close < 0 ? text.length : close + tag.length, "''");
      } else {
        if (position) positional = Math.max(positional, Number(position.slice(1)));
        token(at + (position?.length ?? 1), position ?? char);
      }
    } else if (char === ':' && (next === ':' || next === '=')) token(at + 2, char + next);
    else if (char === ':') {
      const start = at;
      const separates = brackets.at(-1) === 'subscript' || ENDS_VALUE.test(last);
      token(at + 1, ':');
      const name = separates ? undefined : match(IDENTIFIER);
      if (!name) continue;
      token(at + name.length, name);
      named.push({ name, start, end: at });
    } else if (char === '[') {
      // `ARRAY[` and a bracket directly inside such a constructor open values; after anything else it is a subscript.
      const nested = brackets.at(-1) === 'array' && (last === '[' || last === ',');
      brackets.push(last === 'array' || nested ? 'array' : 'subscript');
      token(at + 1, char);
    } else if (char === '(') {
      brackets.push('parenthesis');
      token(at + 1, char);
    } else {
      if (char === ']' || char === ')') brackets.pop();
      const word = match(IDENTIFIER);
      if (word) token(at + word.length, word, word.toLowerCase());
      else token(at + 1, char);
    }
  }
  return { positional, named, code: code.join(''), tail: text.length - end };
}

function endOfLiteral(text: string, start: number, escapes: boolean): number {
  let end = endOfQuoted(text, start, "'", escapes);
  for (;;) {
    CONTINUATION.lastIndex = end;
    if (!CONTINUATION.test(text)) return end;
    end = endOfQuoted(text, CONTINUATION.lastIndex, "'", escapes);
  }
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
