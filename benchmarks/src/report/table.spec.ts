// Columns that stand under each other.
import { expect, it } from '@jest/globals';
import { markdownTable, terminalTable } from './table.js';

const table = {
  head: ['', 'per s'],
  textColumns: 1,
  rows: [
    ['pg | named', '9'],
    ['µs', '1,000'],
  ],
};

it('aligns text to the left and figures to the right, without blanks at the end of a line', () => {
  expect(terminalTable(table)).toBe(['            per s', 'pg | named      9', 'µs          1,000'].join('\n'));
});

it('keeps a bar in a cell from ending it in Markdown', () => {
  expect(markdownTable(table).split('\n')).toEqual([
    '|  | per s |',
    '| --- | ---: |',
    '| pg \\| named | 9 |',
    '| µs | 1,000 |',
  ]);
});
