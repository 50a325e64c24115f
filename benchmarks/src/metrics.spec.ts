// Figures as they are printed.
import { expect, it } from '@jest/globals';
import { formatFigure } from './metrics.js';

it.each<[number | undefined, string]>([
  [undefined, '–'],
  [0, '0'],
  [0.0212, '0.021'],
  [1, '1'],
  [12.34, '12'],
  [123.4, '123'],
  [999.6, '1,000'],
  [41_870, '41,900'],
  [1_234_567, '1,230,000'],
])('%p is printed as %s', (value, text) => {
  expect(formatFigure(value)).toBe(text);
});
