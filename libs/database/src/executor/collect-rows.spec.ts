// Chunks to rows: all of them, in order, and never too long in one turn of the event loop.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '@hydrogen/pool';
import { END, FakeChunk, FakeExecution, lost, settle, statement } from '../../test-support/fake-connection.js';
import { rejection } from '../../test-support/failure.js';
import { collectRows } from './collect-rows.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const going = (): boolean => false;

let clock: ManualClock;
let execution: FakeExecution;
beforeEach(() => {
  clock = new ManualClock();
  execution = new FakeExecution(statement());
});

/** Counts the turns of the event loop until `work` has settled. */
async function turnsOf<T>(work: Promise<T>): Promise<{ turns: number; value: T }> {
  let turns = 0;
  let done = false;
  const watch = (): void => {
    if (done) return;
    turns++;
    setImmediate(watch);
  };
  setImmediate(watch);
  const value = await work;
  done = true;
  return { turns, value };
}

describe('rows', () => {
  it('come in order, over chunks, with the end', async () => {
    execution.chunk(1, 2);
    execution.chunk(3);
    execution.finish();
    expect(await collectRows(execution, clock, going)).toEqual({ rows: [{ n: 1 }, { n: 2 }, { n: 3 }], end: END });
  });

  it('may be none', async () => {
    execution.finish();
    expect(await collectRows(execution, clock, going)).toEqual({ rows: [], end: END });
  });

  it('are not there when the end is an error', async () => {
    execution.chunk(1);
    const collecting = rejection(collectRows(execution, clock, going));
    execution.fail(lost('gone'));
    expect((await collecting).message).toBe('gone');
  });

  it('are given only after the end: what follows the last chunk may still fail', async () => {
    execution.chunk(1);
    let settled = false;
    const collecting = collectRows(execution, clock, going).finally(() => (settled = true));
    await settle();
    expect(settled).toBe(false);
    execution.finish();
    await collecting;
  });
});

describe('decoding', () => {
  it('looks at the clock every 128 rows', async () => {
    const chunk = new FakeChunk(numbers(300));
    execution.push(chunk);
    execution.finish();
    await collectRows(execution, clock, going);
    expect(chunk.slices).toEqual([128, 128, 44]);
  });

  it('of a small result takes no turn of the loop', async () => {
    execution.push(new FakeChunk(numbers(1000), () => clock.advance(0.1)));
    execution.finish();
    expect((await turnsOf(collectRows(execution, clock, going))).turns).toBe(0);
  });

  it('of a large one lets others have a turn every 4 ms', async () => {
    // Each 128 rows take 1 ms: 40 slices, a pause after every fourth.
    execution.push(new FakeChunk(numbers(128 * 40), () => clock.advance(1)));
    execution.finish();
    const { turns, value } = await turnsOf(collectRows(execution, clock, going));
    expect(value.rows).toHaveLength(128 * 40);
    expect(turns).toBeGreaterThanOrEqual(10);
    expect(turns).toBeLessThanOrEqual(11);
  });

  it('counts over many small chunks together', async () => {
    for (let n = 0; n < 40; n++) execution.push(new FakeChunk([n], () => clock.advance(1)));
    execution.finish();
    expect((await turnsOf(collectRows(execution, clock, going))).turns).toBeGreaterThanOrEqual(9);
  });

  it('counts decoding only: a small result of a slow statement is decoded at once', async () => {
    const collecting = collectRows(execution, clock, going);
    await settle();
    clock.advance(50);
    execution.chunk(1);
    execution.finish();
    expect((await turnsOf(collecting)).turns).toBe(0);
  });

  it('ends when nobody waits for the rows any more, and the rest is read on', async () => {
    let over = false;
    const first = new FakeChunk(numbers(1000), () => (over = true));
    const second = new FakeChunk(numbers(10));
    execution.push(first);
    execution.push(second);
    execution.finish();
    const { rows, end } = await collectRows(execution, clock, () => over);
    expect([first.slices, second.slices, rows.length, end]).toEqual([[128], [], 128, END]);
    expect(execution.read).toBe(2);
  });
});
