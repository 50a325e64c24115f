// What is measured, in which unit, and which way is better. Every figure of the suite has one of these names.
// Units are fixed here, so that no table can print microseconds as milliseconds.

export interface Metric {
  /** Head of its column. */
  readonly label: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly meaning: string;
}

const metric = (label: string, unit: string, better: Metric['better'], meaning: string): Metric => ({
  label,
  unit,
  better,
  meaning,
});

export const METRICS = {
  rate: metric('per s', '/s', 'more', 'units of work a second'),
  mean: metric('mean', 'ms', 'less', 'mean time of one unit of work'),
  p50: metric('p50', 'ms', 'less', 'median time of one unit of work'),
  p99: metric('p99', 'ms', 'less', '99th percentile of the time of one unit of work'),
  mainCpu: metric('main CPU', 'µs', 'less', 'CPU time of the main thread for one unit of work'),
  clientCpu: metric('client CPU', 'µs', 'less', 'CPU time of the whole client process for one unit of work'),
  delayP99: metric('delay p99', 'ms', 'less', 'event loop delay, 99th percentile, sampled every millisecond'),
  delayMax: metric('delay max', 'ms', 'less', 'longest event loop delay, sampled every millisecond'),
  rss: metric('RSS', 'MB', 'less', 'highest resident memory of the client process in the round'),
  rssAbove: metric(
    'RSS above idle',
    'MB',
    'less',
    'highest resident memory in the round, above that of the idle process',
  ),
  pingP50: metric('ping p50', 'ms', 'less', 'median answer time of /ping'),
  pingP99: metric('ping p99', 'ms', 'less', '99th percentile of the answer time of /ping'),
  trips: metric(
    'trips',
    '',
    'less',
    'round trips to the server for one unit of work, counted by a proxy at concurrency 1',
  ),
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;
export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

/** Figures of one contestant in one round. What could not be measured is not there. */
export type Figures = Partial<Record<MetricName, number>>;

/** Three significant digits, and thousands apart: nobody should read more into a figure than is in it. */
export function formatFigure(value: number | undefined): string {
  if (value === undefined) return '–';
  if (value >= 999.5) return Number(value.toPrecision(3)).toLocaleString('en-US');
  return String(Number(value.toPrecision(value < 100 ? 2 : 3)));
}
