// What a statement may leave behind, and whether it only reads. A touch too many costs a round trip; one too few lets the
// next borrower see what was left.
import { describe, expect, it } from '@jest/globals';
import { scanSql } from './scan-sql.js';
import { classifyStatement, type SessionTouch } from './statement-class.js';

const touchesOf = (text: string): readonly SessionTouch[] => classifyStatement(scanSql(text).code).touches;
const reads = (text: string): boolean => classifyStatement(scanSql(text).code).reads;

describe('touches', () => {
  it.each<[string, SessionTouch]>([
    ['set search_path to app', 'set'],
    ['SET SESSION statement_timeout = 1', 'set'],
    ["set time zone 'UTC'", 'set'],
    ['set role reader', 'set'],
    ['set session authorization reader', 'set'],
    ['set session characteristics as transaction read only', 'set'],
    ['/* note */ set x to 1', 'set'],
    ['-- note\nset x to 1', 'set'],
    ['set/**/x to 1', 'set'],
    ['reset all', 'set'],
    ['; set search_path to app', 'set'],
    ["select set_config('a.b', 'x', false)", 'set'],
    ["select pg_catalog.set_config('a.b', 'x', $1)", 'set'],
    ["SELECT Set_Config ('a.b', (select 'x'), FALSE)", 'set'],
    ["select set_config('a', 'x', false), set_config('b', 'y', true)", 'set'],
    ["select set_config('a', 'x', false), f(1, true)", 'set'],
    ["select set_config('b', 'y', true), set_config('a', 'x', false)", 'set'],
    ["update pg_settings set setting = 'x' where name = 'a.b'", 'set'],
    ['create temp table t (a int)', 'temp'],
    ['create temporary table t as select 1', 'temp'],
    ['create local temp table t (a int)', 'temp'],
    ['create global temporary table t (a int)', 'temp'],
    ['create temp sequence s', 'temp'],
    ['create temp view v as select 1', 'temp'],
    ['create or replace temp view v as select 1', 'temp'],
    ['create or replace temporary recursive view v (n) as select 1', 'temp'],
    ['create table pg_temp.t (a int)', 'temp'],
    ['select 1 into temp t', 'temp'],
    ['select 1 into temporary table t', 'temp'],
    ['explain analyze create temp table t as select 1', 'temp'],
    ['listen news', 'listen'],
    ['select pg_advisory_lock(1)', 'advisory-lock'],
    ['select pg_try_advisory_lock(1, 2)', 'advisory-lock'],
    ['select pg_advisory_lock_shared (1)', 'advisory-lock'],
    ['select pg_try_advisory_lock_shared(1)', 'advisory-lock'],
    ['prepare p as select 1', 'prepare'],
    ['declare c cursor with hold for select 1', 'cursor'],
    ['declare c binary scroll cursor with  hold for select 1', 'cursor'],
    ['begin', 'transaction'],
    ['BEGIN ISOLATION LEVEL SERIALIZABLE', 'transaction'],
    ['start transaction', 'transaction'],
    ['do $$ begin perform 1; end $$', 'unknown'],
    ['call p()', 'unknown'],
    ["load 'auto_explain'", 'unknown'],
    ['discard plans', 'unknown'],
  ])('%s leaves %s', (text, touch) => {
    expect(touchesOf(text)).toContain(touch);
  });

  it.each([
    'select 1',
    'select \'set x to 1\', "listen", $$create temp table$$ -- begin',
    "insert into settings (name) values ('x')",
    'update t set a = 1',
    'insert into t values (1) on conflict (a) do update set a = 2',
    'set local search_path to app',
    'SET  LOCAL search_path to app',
    'set\n\tlocal search_path to app',
    'set transaction read only',
    'set  transaction isolation level serializable',
    'set constraints all deferred',
    "select set_config('a.b', 'x', true)",
    "select set_config('a.b', $1, true), current_setting('c')",
    "select set_config('a', 'x', true), set_config('b', 'y', true)",
    "select pg_advisory_xact_lock(1), pg_advisory_unlock(1), current_setting('a.b')",
    "prepare transaction 'x'",
    "prepare  transaction 'x'",
    'declare c cursor for select 1',
    'unlisten *',
    "notify news, 'listen'",
    'commit',
    'rollback',
    'create table temp_readings (a int)',
    'create table template (a int)',
    'select temp from weather into_the_wild',
    'select begin_at, listen, prepared from t',
    'alter table t set (fillfactor = 50)',
    'select reset from counters',
    'vacuum',
  ])('%s leaves nothing', (text) => {
    expect(touchesOf(text)).toEqual([]);
  });

  it('are all told, not only the first', () => {
    expect(touchesOf("create temp table t as select set_config('a', 'b', false), pg_advisory_lock(1)")).toEqual(
      expect.arrayContaining(['set', 'temp', 'advisory-lock']),
    );
  });
});

describe('quiet', () => {
  it.each([
    ['set local lock_timeout = 1', true],
    ['SET TRANSACTION isolation level serializable', true],
    ['set constraints all immediate', false],
    ['/* first */ lock table t in share mode', true],
    ['savepoint a', true],
    ['release a', true],
    ['rollback to a', true],
    ['listen a', true],
    ['unlisten *', true],
    ['settle', false],
    ['insert into t values (1)', false],
    ['select 1', false],
    ['fetch all from c', false],
  ])('%s: %s', (text, quiet) => {
    expect(classifyStatement(scanSql(text).code).quiet).toBe(quiet);
  });
});

describe('reads', () => {
  it.each([
    'select 1',
    '  SELECT * FROM t',
    '-- note\nselect 1',
    '((select 1) union (select 2))',
    'values (1), (2)',
    'table t',
    'show search_path',
    'with x as (select 1) select * from x',
    'select \'insert into t\', "update" from t',
    'select updated_at, deleted, merged from t order by inserted_at',
    'select * from pg_locks',
  ])('%s only reads', (text) => {
    expect(reads(text)).toBe(true);
  });

  it.each([
    'insert into t values (1)',
    'with x as (delete from t returning *) select * from x',
    'with x as (select 1) insert into t select * from x',
    'WITH x AS (UPDATE t SET a = 1 RETURNING a) TABLE x',
    'with x as (merge into t using s on true when matched then delete returning *) select * from x',
    'select 1 into t',
    'select * from t for update',
    'select * from t for no key update',
    'select * from t for share',
    'select * from t for  key  share',
    'select * from t for/**/update',
    'explain analyze delete from t',
    'do $$ begin end $$',
    'create table t as select 1',
    'copy t to stdout',
    'call p()',
    '',
  ])('%s is not known to', (text) => {
    expect(reads(text)).toBe(false);
  });
});

describe('may share a connection', () => {
  const plain = (sql: string): boolean => classifyStatement(scanSql(sql).code).plain;

  it.each([
    'select 1',
    '-- a comment\n (select * from t where id = $1) limit 1',
    'values (1), (2)',
    'table t',
    'with a as (select 1) select * from a',
    'select \'for update\', "nextval" from t',
    'select now(), current_user, note(1)',
  ])('%s', (sql) => expect(plain(sql)).toBe(true));

  it.each([
    'insert into t values (1)',
    'with gone as (delete from t returning *) select * from gone',
    'select * from t for update',
    'select * from t for key share',
    'select 1 into temp u',
    'show search_path',
    'explain analyze select 1',
    "select set_config('role', 'x', true)",
    "select current_setting('role')",
    "select nextval('s'), currval('s')",
    'select lastval()',
    'select pg_advisory_xact_lock(1)',
    'select pg_try_advisory_lock(1)',
    'select setseed(0.5)',
    'select * from pg_settings',
    'select lo_open(1, 2)',
    "select dblink_connect('x')",
    'select * from pg_temp.t',
    'select "pg_advisory_lock"(1)',
    'begin',
    'copy t to stdout',
  ])('not %s', (sql) => expect(plain(sql)).toBe(false));
});
