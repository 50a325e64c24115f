// A table of numbers, `t (n int)`, for what is written or not: how a test fills it and reads it.
import type { Database } from '@hydrogen/database';

export const createNumbers = (db: Database): Promise<unknown> => db.query('create table t (n int)');

/** In their order. */
export const numbersOf = async (db: Database): Promise<number[]> =>
  (await db.many<{ n: number }>('select n from t order by n')).map(({ n }) => n);

export const insertNumber = (n: number, where: Pick<Database, 'query'>): Promise<unknown> =>
  where.query('insert into t values ($1)', [n]);
