// The rules about rows, over a queryable that answers what it is told to and keeps what it was asked.
import { describe, expect, it } from '@jest/globals';
import { rejection } from '../../test-support/failure.js';
import { databaseError } from '../errors/database.error.js';
import type { QueryOptions } from './query-options.js';
import type { QueryResult } from './query-result.js';
import { RowQueryable } from './row-queryable.js';
import { sql } from './sql.js';
import type { Statement } from './statement.js';

class Answering extends RowQueryable {
  readonly name = 'Main';
  readonly asked: { text: string; options: QueryOptions }[] = [];

  constructor(private readonly rows: readonly object[] | Error) {
    super();
  }

  protected async run<T>(statement: Statement, options: QueryOptions): Promise<QueryResult<T>> {
    this.asked.push({ text: statement.text, options });
    await Promise.resolve();
    if (this.rows instanceof Error) throw this.rows;
    const timings = { acquireMs: 0, executeMs: 0, totalMs: 0 };
    return { rows: [...this.rows] as T[], rowCount: this.rows.length, fields: [], command: 'SELECT', timings };
  }
}

const answering = (...rows: object[]): Answering => new Answering(rows);

describe('rows', () => {
  it('one gives the only row, and refuses none and two', async () => {
    expect(await answering({ a: 1 }).one('select 1')).toEqual({ a: 1 });
    expect((await rejection(answering().one('select 1'))).code).toBe('DB_NOT_FOUND');
    expect((await rejection(answering({}, {}).one('select 1'))).code).toBe('DB_TOO_MANY_ROWS');
  });

  it('maybeOne gives undefined for none, and refuses two', async () => {
    expect(await answering({ a: 1 }).maybeOne('select 1')).toEqual({ a: 1 });
    expect(await answering().maybeOne('select 1')).toBeUndefined();
    expect((await rejection(answering({}, {}).maybeOne('select 1'))).code).toBe('DB_TOO_MANY_ROWS');
  });

  it('many gives all of them', async () => {
    expect(await answering({ a: 1 }, { a: 2 }).many('select 1')).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('options go with the statement', async () => {
    const queryable = answering();
    await queryable.query('select :a', { a: 1 }, { timeoutMs: 5 });
    expect(queryable.asked).toEqual([{ text: 'select $1', options: { timeoutMs: 5 } }]);
  });
});

describe('exists', () => {
  const asked = async (text: Parameters<RowQueryable['exists']>[0]): Promise<string | undefined> => {
    const queryable = answering({ exists: true });
    expect(await queryable.exists(text)).toBe(true);
    return queryable.asked[0]?.text;
  };
  const whole = (inner: string): string => `select exists (${inner}) as "exists"`;
  /** Without comments, and without the blanks that make no difference. */
  const bare = (text = ''): string => text.replace(/--.*|\/\*.*\*\//g, '').replace(/\s+(?=\))/g, '');

  it.each([
    ['select 1', 'select 1'],
    ['with x as (select 1) select * from x', 'with x as (select 1) select * from x'],
    ['values (1)', 'values (1)'],
    ["select ';'", "select ';'"],
    ['select 1 -- note', 'select 1'],
    ['select 1 ; \n', 'select 1'],
    ['select 1; -- note', 'select 1'],
    ['select 1; /* note */', 'select 1'],
    ['select 1;;', 'select 1'],
    ['select 1; ;\n', 'select 1'],
    ["select ';' -- ;\n ;", "select ';'"],
  ])('%j is asked of the server without its rows, in a form that stands in brackets', async (text, inner) => {
    const sent = await asked(text);
    expect(bare(sent)).toBe(whole(inner));
    // A comment to the end of the line must not swallow the bracket.
    expect(
      sent
        ?.split('--')
        .slice(1)
        .every((after) => after.includes('\n')),
    ).toBe(true);
  });

  it.each(['insert into t values (1) returning a', 'select * from t for update', 'show search_path', 'call p()'])(
    '%s is asked as it stands',
    async (text) => {
      expect(await asked(text)).toBe(text);
    },
  );

  it('reads the answer of the server, or counts the rows', async () => {
    expect(await answering({ exists: false }).exists('select 1')).toBe(false);
    expect(await answering().exists('show search_path')).toBe(false);
    expect(await asked(sql`select ${1}`)).toBe('select exists (select $1) as "exists"');
  });
});

describe('an error', () => {
  it('of the run shows the caller in its stack, and the database', async () => {
    const failing = new Answering(databaseError({ code: 'DB_UNIQUE', message: 'twice' }));
    const theService = async (): Promise<void> => void (await failing.many('select 1'));
    const error = await rejection(theService());
    expect(error.stack).toContain('theService');
    expect(error.database).toBe('Main');
  });

  it('of the parameters is raised before anything is asked', async () => {
    const queryable = answering();
    expect(await rejection(queryable.one('select $1', []))).toMatchObject({ code: 'DB_PARAMETERS', database: 'Main' });
    expect(queryable.asked).toEqual([]);
  });
});
