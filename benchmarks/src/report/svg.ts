// Bar charts as SVG, written by hand: a few rectangles and words need no library. Pure.
// The picture brings its own ground, so it can be read on a light page and on a dark one; colours follow the reader's.

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Drawn in the colour that catches the eye. */
  readonly strong: boolean;
  /** As it is written behind the bar. */
  readonly text: string;
}

export interface Chart {
  readonly title: string;
  /** What the axis counts, its unit, and which way is better. */
  readonly axis: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const LEFT = 190;
const RIGHT = 110;
const TOP = 46;
const ROW = 28;
const BAR = 18;
const BOTTOM = 48;
const TICKS = 5; // at most

const STYLE = [
  'text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1f2328}',
  '.title{font-size:15px;font-weight:600}.tick,.axis{font-size:12px;fill:#59636e}',
  '.ground{fill:#ffffff;stroke:#d1d9e0}.grid{stroke:#d1d9e0}.bar{fill:#9aa5b1}.strong{fill:#0969da}',
  '@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.tick,.axis{fill:#9198a1}',
  '.ground{fill:#151b23;stroke:#3d444d}.grid{stroke:#3d444d}.bar{fill:#6b7684}.strong{fill:#4493f8}}',
].join('');

export function barChart({ title, axis, bars }: Chart): string {
  const height = TOP + bars.length * ROW + BOTTOM;
  const longest = Math.max(...bars.map(({ value }) => value));
  const step = niceStep(longest / TICKS || 1);
  const steps = Math.max(1, Math.ceil(longest / step));
  const ticks = Array.from({ length: steps + 1 }, (_, index) => index * step);
  const x = (value: number): number => round(LEFT + (value / (step * steps)) * (WIDTH - LEFT - RIGHT));
  const floor = TOP + bars.length * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeXml(title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>`,
    `<text class="title" x="16" y="28">${escapeXml(title)}</text>`,
    ...ticks.flatMap((tick) => [
      `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${TOP}" y2="${floor}"/>`,
      `<text class="tick" x="${x(tick)}" y="${floor + 16}" text-anchor="middle">${tickLabel(tick)}</text>`,
    ]),
    ...bars.flatMap(({ label, value, strong, text }, index) => {
      const y = TOP + index * ROW + (ROW - BAR) / 2;
      const middle = y + BAR - 5;
      return [
        `<text x="${LEFT - 10}" y="${middle}" text-anchor="end">${escapeXml(label)}</text>`,
        `<rect class="${strong ? 'strong' : 'bar'}" x="${LEFT}" y="${y}" width="${Math.max(1, round(x(value) - LEFT))}" height="${BAR}"/>`,
        `<text x="${x(value) + 6}" y="${middle}">${escapeXml(text)}</text>`,
      ];
    }),
    `<text class="axis" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${floor + 36}" text-anchor="middle">${escapeXml(axis)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is not below: ticks that a reader can count in. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return (NICE.find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10) * power;
}

const NICE: readonly number[] = [1, 2, 2.5, 5, 10];

const round = (value: number): number => Math.round(value * 10) / 10;

function tickLabel(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}

export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
