// Histories by hand, each with an anomaly that is known, and what is none: a checker that is blind, or sees ghosts, is worth nothing.
import { describe, expect, it } from '@jest/globals';
import { anomaliesIn, type Anomaly, type Attempt, type Operation } from './list-append.js';

const [X, Y] = [1, 2];
const a = (key: number, value: number): Operation => ({ kind: 'append', key, value });
const r = (key: number, ...values: number[]): Operation => ({ kind: 'read', key, values });
const ok = (...operations: Operation[]): Attempt => ({ end: 'committed', operations });
const aborted = (...operations: Operation[]): Attempt => ({ end: 'aborted', operations });
const unknown = (...operations: Operation[]): Attempt => ({ end: 'unknown', operations });

const found = (history: readonly Attempt[], last: Readonly<Record<number, readonly number[]>>): Anomaly[] =>
  anomaliesIn(history, new Map(Object.entries(last).map(([key, values]) => [Number(key), values])));
const kinds = (...args: Parameters<typeof found>): string[] => [...new Set(found(...args).map(({ kind }) => kind))];

describe('the list-append checker finds nothing', () => {
  it('in a history that was one after the other', () => {
    const history = [ok(a(X, 1), r(X, 1)), ok(r(X, 1), a(X, 2), r(X, 1, 2), a(Y, 3)), ok(r(Y, 3), r(X, 1, 2))];
    expect(found(history, { [X]: [1, 2], [Y]: [3] })).toEqual([]);
  });

  it('in what an aborted transaction read, whose appends nobody sees', () => {
    expect(found([ok(a(X, 1)), aborted(a(X, 2), r(Y, 77))], { [X]: [1], [Y]: [] })).toEqual([]);
  });

  it('in a transaction of unknown end, be it seen or not', () => {
    const history = [ok(a(X, 1)), unknown(a(X, 2), r(Y)), ok(r(X, 1))];
    expect(found(history, { [X]: [1], [Y]: [] })).toEqual([]);
    expect(found(history, { [X]: [1, 2], [Y]: [] })).toEqual([]);
  });

  it('in reads of one state by many, in any order of the record', () => {
    expect(found([ok(r(X, 1, 2)), ok(r(X)), ok(a(X, 2)), ok(r(X, 1)), ok(a(X, 1))], { [X]: [1, 2] })).toEqual([]);
  });
});

describe('the list-append checker finds', () => {
  it('an append that was committed and is gone', () => {
    expect(kinds([ok(a(X, 1)), ok(a(X, 2))], { [X]: [2] })).toEqual(['lost append']);
  });

  it('an append of unknown end that was read and is gone', () => {
    expect(kinds([unknown(a(X, 1)), ok(r(X, 1)), ok(a(X, 2))], { [X]: [2] })).toContain('lost append');
  });

  it('two orders of one list', () => {
    const history = [ok(a(X, 1)), ok(a(X, 2)), ok(r(X, 1, 2)), ok(r(X, 2))];
    expect(kinds(history, { [X]: [1, 2] })).toEqual(['incompatible order']);
  });

  it('a number that stands there twice, as after a COMMIT that was done again, and one that nobody appended', () => {
    expect(kinds([ok(a(X, 1))], { [X]: [1, 1] })).toEqual(['garbage']);
    expect(kinds([ok(a(X, 1))], { [X]: [1, 9] })).toEqual(['garbage']);
  });

  it('a read of what was undone (G1a), by a transaction and by the last read', () => {
    expect(kinds([aborted(a(X, 1)), ok(r(X, 1))], { [X]: [] })).toContain('G1a');
    expect(kinds([aborted(a(X, 1))], { [X]: [1] })).toEqual(['G1a']);
  });

  it('a read in the midst of another’s appends (G1b)', () => {
    expect(kinds([ok(a(X, 1), a(X, 2)), ok(r(X, 1))], { [X]: [1, 2] })).toContain('G1b');
  });

  it('a transaction that misses its own append, or sees a list change under it', () => {
    expect(kinds([ok(a(X, 1), r(X))], { [X]: [1] })).toContain('internal');
    expect(kinds([ok(r(X), r(X, 1)), ok(a(X, 1))], { [X]: [1] })).toContain('internal');
  });

  it('a circle of writes (G0)', () => {
    const history = [ok(a(X, 1), a(Y, 4)), ok(a(X, 2), a(Y, 3))];
    expect(kinds(history, { [X]: [1, 2], [Y]: [3, 4] })).toEqual(['G0']);
  });

  it('a circle of what two read of each other (G1c)', () => {
    const history = [ok(a(X, 1), r(Y, 2)), ok(a(Y, 2), r(X, 1))];
    expect(kinds(history, { [X]: [1], [Y]: [2] })).toEqual(['G1c']);
  });

  it('read skew: half of another transaction was seen (G-single)', () => {
    const history = [ok(a(X, 1), a(Y, 2)), ok(r(X, 1), r(Y))];
    expect(kinds(history, { [X]: [1], [Y]: [2] })).toEqual(['G-single']);
  });

  it('write skew: each read what the other was about to write (G2-item)', () => {
    const history = [ok(r(X), a(Y, 2)), ok(r(Y), a(X, 1))];
    expect(kinds(history, { [X]: [1], [Y]: [2] })).toEqual(['G2-item']);
  });

  it('write skew through three transactions, one of them of unknown end', () => {
    const history = [ok(r(X), a(Y, 2)), unknown(r(Y), a(9, 3)), ok(r(9), a(X, 1))];
    expect(kinds(history, { [X]: [1], [Y]: [2], 9: [3] })).toEqual(['G2-item']);
    expect(kinds(history, { [X]: [1], [Y]: [2], 9: [] })).toEqual([]);
  });

  it('one anomaly in ten thousand transactions, in time', () => {
    const history = Array.from({ length: 10_000 }, (_, n) => ok(r(X, ...(n === 0 ? [] : [n])), a(Y, n + 100_000)));
    const order = history.map((_, n) => n + 100_000);
    const writers = Array.from({ length: 10_000 }, (_, n) => ok(a(n + 10, n + 1_000_000)));
    const skew = [ok(r(3), a(4, 2_000_001)), ok(r(4), a(3, 2_000_002))];
    const all = [...history.map(({ operations }) => ok(operations[1] as Operation)), ...writers, ...skew];
    expect(kinds(all, { [Y]: order, 3: [2_000_002], 4: [2_000_001] })).toEqual(['G2-item']);
  });
});
