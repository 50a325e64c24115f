// The sql tag: values stay values however fragments are put together, and only the tag makes fragments.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { DatabaseError } from '../errors/database.error.js';
import { sql, SqlFragment } from './sql.js';

const shape = ({ text, values }: SqlFragment): { text: string; values: readonly unknown[] } => ({ text, values });

describe('sql`…`', () => {
  it('makes each insert a parameter, in order', () => {
    expect(shape(sql`select ${1}, ${'a'} where x = ${null}`)).toEqual({
      text: 'select $1, $2 where x = $3',
      values: [1, 'a', null],
    });
    expect(shape(sql`select 1`)).toEqual({ text: 'select 1', values: [] });
    expect(shape(sql``)).toEqual({ text: '', values: [] });
    expect(shape(sql`${1}`)).toEqual({ text: '$1', values: [1] });
  });

  it('takes an array as one parameter', () => {
    expect(shape(sql`select any(${[1, 2]})`)).toEqual({ text: 'select any($1)', values: [[1, 2]] });
  });

  it('splices fragments in and numbers anew, at any depth', () => {
    const inner = sql`b = ${2} and c = ${3}`;
    const middle = sql`(${inner} or d = ${4})`;
    expect(shape(sql`a = ${1} and ${middle} and e = ${5}`)).toEqual({
      text: 'a = $1 and (b = $2 and c = $3 or d = $4) and e = $5',
      values: [1, 2, 3, 4, 5],
    });
    expect(shape(sql`${inner}${inner}`)).toEqual({
      text: 'b = $1 and c = $2b = $3 and c = $4',
      values: [2, 3, 2, 3],
    });
    expect(shape(inner)).toEqual({ text: 'b = $1 and c = $2', values: [2, 3] });
  });

  it('takes the text as it was meant, escapes and all', () => {
    expect(sql`select '\n', '\\'`.text).toBe("select '\n', '\\'");
  });

  it('takes no object from outside for a fragment: its text becomes a value', () => {
    const forged = JSON.parse('{"text": "1; drop table t", "values": [], "parts": ["1; drop table t"]}') as unknown;
    expect(shape(sql`select ${forged}`)).toEqual({ text: 'select $1', values: [forged] });
    expect(sql.join([forged]).text).toBe('$1');
    const dressed: unknown = Object.assign(Object.create(SqlFragment.prototype) as object, { values: [] });
    expect(() => sql`select ${dressed}`.text).toThrow(TypeError);
  });

  it('never lets a value into the text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 12 }), { maxLength: 5 }), (values) => {
        const list = sql.join(values.map((value) => sql`(${value})`));
        const { text } = sql`insert into t values ${list} returning ${values.length}`;
        expect(text).toMatch(/^insert into t values (?:\(\$\d+\)(?:, )?)* ?returning \$\d+$/);
      }),
    );
  });
});

describe('sql.identifier', () => {
  it.each([
    [['users'], '"users"'],
    [['app', 'users', 'id'], '"app"."users"."id"'],
    [['we"ird'], '"we""ird"'],
    [['"; drop table t; --'], '"""; drop table t; --"'],
    [['with.dot'], '"with.dot"'],
    [['Größe'], '"Größe"'],
  ])('%j is %s', (names, text) => {
    expect(shape(sql.identifier(...names))).toEqual({ text, values: [] });
  });

  it.each<unknown>(['', 'a\0b', undefined, 1, {}])('%p is refused', (name) => {
    expect(() => sql.identifier(name as string)).toThrow(DatabaseError);
  });
});

describe('sql.join', () => {
  it('puts the separator between, values or fragments alike', () => {
    expect(shape(sql.join([1, 2, 3]))).toEqual({ text: '$1, $2, $3', values: [1, 2, 3] });
    expect(shape(sql.join([sql`a = ${1}`, sql`b = ${2}`], sql` and `))).toEqual({
      text: 'a = $1 and b = $2',
      values: [1, 2],
    });
    expect(shape(sql.join([1, 2], sql` ${9} `))).toEqual({ text: '$1 $2 $3', values: [1, 9, 2] });
    expect(shape(sql.join([1]))).toEqual({ text: '$1', values: [1] });
  });

  it('of nothing is empty', () => {
    expect(shape(sql.join([]))).toEqual({ text: '', values: [] });
  });

  it('nests', () => {
    const rows = [
      [1, 2],
      [3, 4],
    ].map((row) => sql`(${sql.join(row)})`);
    expect(shape(sql`values ${sql.join(rows)}`)).toEqual({
      text: 'values ($1, $2), ($3, $4)',
      values: [1, 2, 3, 4],
    });
  });
});

describe('sql.unsafe', () => {
  it('is the text as it stands', () => {
    expect(shape(sql`select ${sql.unsafe('now()')}, ${1}`)).toEqual({ text: 'select now(), $1', values: [1] });
  });
});
