// Large results, what they do to a service beside them, slow neighbours, and memory. First of a case is always pg.
import type { CaseSpec, ContestantSpec } from './case.js';
import { HYDROGEN, hydrogenBy, LIBRARIES, PG, POSTGRES } from './contestants.js';
import type { BenchmarkPromise } from '../promises.js';

/** What is promised of each way that makes no objects of the rows on the main thread. */
const withoutObjects = (ours: string): readonly BenchmarkPromise[] => [
  { ours, metric: 'p50', rival: 'pg', atMost: 0.4 },
  { ours, metric: 'mainCpu', rival: 'pg', atMost: 1 / 15 },
  { ours, metric: 'delayP99', atMost: 10 },
];

const served = (contestant: ContestantSpec, way: string): ContestantSpec => ({ ...contestant, way });
const IDLE: ContestantSpec = { ...PG, id: 'idle', label: 'nothing fetched' };

export const LARGE_CASES: readonly CaseSpec[] = [
  {
    name: 'rows-1000-c8',
    title: '1,000 rows of 10 columns as objects, every field read, concurrency 8',
    work: 'rows-1000',
    concurrency: 8,
    headline: 'rate',
    ms: { full: 1500, quick: 400 },
    countTrips: true,
    contestants: [...LIBRARIES, HYDROGEN],
    promises: [{ ours: 'hydrogen', metric: 'rate', rival: 'pg', atLeast: 1.6 }],
  },
  {
    name: 'rows-100k',
    title: '100,000 rows of 10 columns, one result after another',
    work: 'rows-100k',
    concurrency: 1,
    headline: 'p50',
    ms: { full: 3000, quick: 700 },
    long: true,
    contestants: [
      ...LIBRARIES,
      HYDROGEN,
      hydrogenBy('columns'),
      hydrogenBy('stream'),
      hydrogenBy('json', 'Hydrogen, JSON'),
    ],
    promises: [
      { ours: 'hydrogen', metric: 'p50', rival: 'pg', atMost: 0.6 },
      { ours: 'hydrogen', metric: 'mainCpu', rival: 'pg', atMost: 0.4 },
      { ours: 'hydrogen', metric: 'delayP99', rival: 'pg', atMost: 0.25 },
      { ours: 'hydrogen', metric: 'delayMax', atMost: 25 },
      ...withoutObjects('hydrogen-columns'),
      ...withoutObjects('hydrogen-stream'),
      ...withoutObjects('hydrogen-json'),
    ],
  },
  {
    name: 'ping-objects',
    title: '/ping of a Nest service that fetches results of 100,000 rows as objects',
    work: 'ping',
    concurrency: 1,
    headline: 'pingP99',
    ms: { full: 6000, quick: 1500 },
    long: true,
    contestants: [...[PG, POSTGRES, HYDROGEN].map((each) => served(each, 'objects')), served(IDLE, 'objects idle')],
    promises: [{ ours: 'hydrogen', metric: 'pingP99', rival: 'pg', atMost: 1 / 5 }],
    note: '200 pings a second from a process of their own; rate is results fetched.',
  },
  {
    name: 'ping-300k',
    title: '/ping of a Nest service that fetches results of 300,000 rows as objects',
    work: 'ping',
    concurrency: 1,
    headline: 'delayP99',
    ms: { full: 8000, quick: 3000 },
    long: true,
    contestants: [PG, POSTGRES, HYDROGEN].map((each) => served(each, 'objects-300k')),
    promises: [{ ours: 'hydrogen', metric: 'delayP99', atMost: 20 }],
  },
  {
    name: 'ping-json',
    title: '/ping of a Nest service that answers 100,000 rows as JSON',
    work: 'ping',
    concurrency: 1,
    headline: 'pingP99',
    ms: { full: 6000, quick: 1500 },
    long: true,
    contestants: [...[PG, POSTGRES, HYDROGEN].map((each) => served(each, 'json')), served(IDLE, 'json idle')],
    promises: [{ ours: 'hydrogen', metric: 'pingP99', rival: 'pg', atMost: 1 / 12 }],
    note: 'pg and postgres.js by JSON.stringify of the rows, Hydrogen by the bytes of db.json; rate is answers sent.',
  },
  {
    name: 'slow-mix',
    title: 'fast lookups among 50 ms queries',
    work: 'slow-mix',
    concurrency: 32,
    headline: 'p99',
    ms: { full: 3000, quick: 1000 },
    long: true,
    contestants: [...LIBRARIES, HYDROGEN],
    promises: [{ ours: 'hydrogen', metric: 'p99', rival: 'pg', atMost: 1.2 }],
    note: 'Bursts of 32 lookups every 25 ms beside two loops of pg_sleep(0.05); times are those of the lookups.',
  },
  {
    name: 'memory',
    title: 'memory while a result of 1 GB streams',
    work: 'memory',
    concurrency: 1,
    headline: 'rssAbove',
    ms: { full: 1, quick: 1 },
    long: true,
    contestants: [POSTGRES, hydrogenBy('stream')],
    promises: [{ ours: 'hydrogen-stream', metric: 'rssAbove', atMost: 64 }],
    note: 'With --quick an eighth of it. postgres.js by a cursor of 1,000 rows; pg.Pool cannot stream by itself. p50 is the time of the whole result.',
  },
];
