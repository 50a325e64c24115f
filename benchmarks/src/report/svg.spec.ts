// The plots: nothing that a name holds can break them, and bars are as long as their values.
import { describe, expect, it } from '@jest/globals';
import { barChart, escapeXml, niceStep } from './svg.js';

describe('escapeXml', () => {
  it('takes the meaning from every character that has one', () => {
    expect(escapeXml(`<a href="x">'&'</a>`)).toBe('&#60;a href=&#34;x&#34;&#62;&#39;&#38;&#39;&#60;/a&#62;');
  });

  it('does not touch what has none, and escapes an escape again', () => {
    expect(escapeXml('≥ 5x, µs – 数据')).toBe('≥ 5x, µs – 数据');
    expect(escapeXml('&#60;')).toBe('&#38;#60;');
  });
});

describe('barChart', () => {
  const bars = [
    { label: 'pg & <co>', value: 10, strong: false, text: '10' },
    { label: 'ours', value: 40, strong: true, text: '"40"' },
  ];
  const svg = barChart({ title: '<b>', axis: 'a < b & c', bars });

  it('escapes title, axis, labels and values', () => {
    expect(svg).not.toMatch(/<b>|<co>|a < b|& |"40"/);
    expect(svg).toContain('pg &#38; &#60;co&#62;');
  });

  it('draws bars in proportion, ours in the colour that catches the eye', () => {
    const widths = [...svg.matchAll(/class="(bar|strong)"[^>]* width="([\d.]+)"/g)].map(([, kind, width]) => [
      kind,
      Number(width),
    ]);
    expect(widths.map(([kind]) => kind)).toEqual(['bar', 'strong']);
    expect(Number(widths[1]?.[1]) / Number(widths[0]?.[1])).toBeCloseTo(4, 2);
  });

  it('has room for the longest bar on its axis, and holds its colours for light and dark', () => {
    for (const [, x, width] of svg.matchAll(/class="(?:bar|strong)" x="([\d.]+)"[^>]* width="([\d.]+)"/g)) {
      expect(Number(x) + Number(width)).toBeLessThanOrEqual(760);
    }
    expect(svg).toContain('prefers-color-scheme:dark');
  });

  it('survives a value of zero', () => {
    expect(barChart({ title: '', axis: '', bars: [{ label: '', value: 0, strong: false, text: '0' }] })).not.toContain(
      'NaN',
    );
  });
});

it.each<[number, number]>([
  [1, 1],
  [1.1, 2],
  [2.1, 2.5],
  [3, 5],
  [6, 10],
  [0.03, 0.05],
  [1200, 2000],
])('the step that is not below %d is %d', (least, step) => {
  expect(niceStep(least)).toBeCloseTo(step, 9);
});
