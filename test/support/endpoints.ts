// Every endpoint of the reference service and what it answers on a fresh database: the table of the end-to-end test.
// The order counts: what is written by one row is read by the next.
import { expect } from '@jest/globals';
import type { Answer } from './service-process.js';

export interface Endpoint {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly status: number;
  /** Looks at the parsed body, or at the whole answer. */
  readonly check: (json: unknown, answer: Answer) => void;
}

const FOUR = ['OIDC', 'Acuranzo', 'Helium', 'Canvas'];
const up = (names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, { status: 'up' }]));
const health = (names: readonly string[]) => {
  return equal({ status: 'ok', info: up(names), error: {}, details: up(names) });
};

const TIME: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
const NUMBER: unknown = expect.any(Number);
const TEXT: unknown = expect.any(String);
const CITY = {
  id: NUMBER,
  name: TEXT,
  country: TEXT,
  feature: TEXT,
  admin: TEXT,
  population: NUMBER,
  longitude: NUMBER,
  latitude: NUMBER,
};
const BERLIN = { ...CITY, id: 2_950_159, name: 'Berlin', country: 'DE', population: 3_426_354 };
const ADA = { id: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown, username: 'ada', name: 'Ada Lovelace' };

const equal = (expected: unknown) => (json: unknown) => expect(json).toEqual(expected);
const like = (expected: object) => (json: unknown) => expect(json).toMatchObject(expected);
const refused = (message: string) => like({ statusCode: 400, message: [expect.stringContaining(message)] });

/** Nest's own words for what isn't there, or may not be. */
const plain = (statusCode: number, message: string) => like({ statusCode, message });

/** RFC 9457, and not a word of the database's. */
const problem = (status: number, code: string) => (json: unknown, answer: Answer) => {
  expect(answer.type).toMatch(/^application\/problem\+json\b/);
  expect(json).toEqual({
    type: `urn:hydrogen:error:${code}`,
    title: TEXT,
    status,
    code,
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
};

export const ENDPOINTS: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/',
    status: 200,
    check: like({ name: 'Hydrogen', links: { api: '/docs', databases: '/databases' } }),
  },
  { method: 'GET', path: '/health', status: 200, check: health([...FOUR, 'worker-threads']) },
  { method: 'GET', path: '/health/live', status: 200, check: health([]) },
  { method: 'GET', path: '/health/ready', status: 200, check: health(FOUR) },
  { method: 'GET', path: '/health/startup', status: 200, check: health([]) },
  { method: 'GET', path: '/health/OIDC', status: 200, check: health(['OIDC']) },
  { method: 'GET', path: '/health/ODIC', status: 404, check: like({ statusCode: 404 }) },
  {
    method: 'GET',
    path: '/databases',
    status: 200,
    check: like({
      startup: 'fail-fast',
      databases: FOUR.map((name) => ({
        name,
        enabled: true,
        status: 'up',
        server: {
          version: expect.stringMatching(/^18\./),
          tls: 'off',
          place: expect.stringMatching(/^(?:inline|worker:1)$/),
        },
        pool: { max: 10, waiting: 0 },
      })),
      workers: [{ id: 1, restarts: 0, quarantined: false }],
      configuration: expect.arrayContaining([
        expect.objectContaining({ path: 'Databases.Connections.OIDC.Password', value: 'set' }),
        expect.objectContaining({ path: 'Databases.Connections.Canvas.Username', value: 'canvas' }),
      ]),
    }),
  },

  {
    method: 'GET',
    path: '/acuranzo/cities',
    status: 200,
    check: (json) => {
      expect(json).toHaveLength(20);
      expect(json).toContainEqual({ ...CITY, name: 'Shanghai', country: 'CN' });
    },
  },
  {
    method: 'GET',
    path: '/acuranzo/cities?search=bERLi&country=de&limit=2',
    status: 200,
    check: equal([BERLIN, { ...CITY, name: expect.stringMatching(/^Berli/), country: 'DE' }]),
  },
  {
    method: 'GET',
    path: '/acuranzo/cities?country=DE&limit=1000',
    status: 200,
    check: (json) => {
      expect(json).toEqual(Array(1000).fill({ ...CITY, country: 'DE' }));
      const sizes = (json as { population: number }[]).map(({ population }) => population);
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    },
  },
  { method: 'GET', path: '/acuranzo/cities?search=%25', status: 200, check: equal([]) },
  { method: 'GET', path: "/acuranzo/cities?search=' OR 1=1 --", status: 200, check: equal([]) },
  { method: 'GET', path: '/acuranzo/cities?limit=0', status: 400, check: refused('limit') },
  { method: 'GET', path: '/acuranzo/cities?limit=many', status: 400, check: like({ statusCode: 400 }) },
  { method: 'GET', path: '/acuranzo/cities?country=Germany', status: 400, check: refused('country') },
  { method: 'GET', path: '/acuranzo/cities?name=Berlin', status: 400, check: refused('name should not exist') },
  {
    method: 'GET',
    path: '/acuranzo/cities/all',
    status: 200,
    check: (json) => {
      const cities = json as { id: number }[];
      expect(cities).toHaveLength(135_233);
      expect(new Set(cities.map(({ id }) => id)).size).toBe(135_233);
      for (const city of [cities[0], cities.at(-1), cities[67_000]]) expect(city).toEqual(CITY);
      expect(cities.find(({ id }) => id === BERLIN.id)).toEqual(BERLIN);
    },
  },
  {
    method: 'GET',
    path: '/acuranzo/countries',
    status: 200,
    check: (json) => {
      const countries = json as { country: string; cities: number }[];
      expect(countries).toEqual(Array(countries.length).fill({ country: TEXT, cities: NUMBER, population: NUMBER }));
      expect(countries.reduce((sum, { cities }) => sum + cities, 0)).toBe(135_233);
    },
  },

  {
    method: 'GET',
    path: '/oidc/clients',
    status: 200,
    // Equal, not like: a hash beside these would be a leak.
    check: equal(
      ['back-office', 'mobile-app', 'web-shop'].map((clientId) => ({
        clientId,
        name: TEXT,
        redirectUris: [TEXT],
        createdAt: TIME,
      })),
    ),
  },
  {
    method: 'GET',
    path: '/oidc/users',
    status: 200,
    check: equal([ADA, { ...ADA, username: 'edgar', name: TEXT }, { ...ADA, username: 'grace', name: TEXT }]),
  },
  {
    method: 'POST',
    path: '/oidc/login',
    body: { username: 'ada', password: 'analytical engine' },
    status: 200,
    check: equal(ADA),
  },
  {
    method: 'POST',
    path: '/oidc/login',
    body: { username: 'ada', password: 'difference engine' },
    status: 401,
    check: plain(401, 'Unknown user or wrong password'),
  },
  {
    method: 'POST',
    path: '/oidc/login',
    body: { username: 'nobody', password: 'analytical engine' },
    status: 401,
    check: plain(401, 'Unknown user or wrong password'),
  },
  { method: 'POST', path: '/oidc/login', body: { username: 'ada' }, status: 400, check: like({ statusCode: 400 }) },
  { method: 'POST', path: '/oidc/login', body: '{"username":', status: 400, check: like({ statusCode: 400 }) },

  {
    method: 'GET',
    path: '/helium/settings',
    status: 200,
    check: equal(
      Object.entries({
        features: { beta: false, search: true },
        'mail.retries': 3,
        'site.languages': ['en', 'de', 'fr'],
        'site.title': 'Hydrogen',
      }).map(([key, value]) => ({ key, value, version: 1, updatedAt: TIME })),
    ),
  },
  {
    method: 'PUT',
    path: '/helium/settings/site.title',
    body: { value: { text: 'Wasserstoff' } },
    status: 200,
    check: equal({ key: 'site.title', value: { text: 'Wasserstoff' }, version: 2, updatedAt: TIME }),
  },
  {
    method: 'PUT',
    path: '/helium/settings/site.title',
    body: { value: { text: 'Wasserstoff' } },
    status: 200,
    check: like({ version: 2 }),
  },
  {
    method: 'GET',
    path: '/helium/settings/site.title',
    status: 200,
    check: equal({ key: 'site.title', value: { text: 'Wasserstoff' }, version: 2, updatedAt: TIME }),
  },
  {
    method: 'GET',
    path: '/helium/settings/site.title/history',
    status: 200,
    check: equal([
      { version: 2, value: { text: 'Wasserstoff' }, changedAt: TIME },
      { version: 1, value: 'Hydrogen', changedAt: TIME },
    ]),
  },
  {
    method: 'PUT',
    path: '/helium/settings/site.open',
    body: { value: false },
    status: 200,
    check: equal({ key: 'site.open', value: false, version: 1, updatedAt: TIME }),
  },
  {
    method: 'PUT',
    path: '/helium/settings/site.title',
    body: { value: null },
    status: 400,
    check: refused('value'),
  },
  { method: 'PUT', path: '/helium/settings/Site', body: { value: 1 }, status: 400, check: refused('key') },
  {
    method: 'PUT',
    path: '/helium/settings/site.title',
    body: { value: 'no \u0000 in PostgreSQL' },
    status: 400,
    check: problem(400, 'DB_DATA'),
  },
  {
    method: 'GET',
    path: '/helium/settings/none',
    status: 404,
    check: plain(404, 'There is no setting "none"'),
  },
  {
    method: 'GET',
    path: '/helium/settings/none/history',
    status: 404,
    check: plain(404, 'There is no setting "none"'),
  },

  {
    method: 'GET',
    path: '/canvas/pages',
    status: 200,
    check: equal([
      { slug: 'about', title: 'About us', createdAt: TIME },
      { slug: 'home', title: 'Home', createdAt: TIME },
    ]),
  },
  {
    method: 'POST',
    path: '/canvas/pages',
    body: { slug: 'news', title: 'News' },
    status: 201,
    check: equal({ slug: 'news', title: 'News', createdAt: TIME }),
  },
  {
    method: 'POST',
    path: '/canvas/pages',
    body: { slug: 'news', title: 'Again' },
    status: 409,
    check: plain(409, 'There is a page "news" already'),
  },
  {
    method: 'POST',
    path: '/canvas/pages',
    body: { slug: 'More News', title: 'News' },
    status: 400,
    check: refused('slug'),
  },
  {
    method: 'POST',
    path: '/canvas/pages/news/widgets',
    body: { kind: 'emoji', content: '🎈' },
    status: 201,
    check: equal({ id: NUMBER, kind: 'emoji', content: '🎈' }),
  },
  {
    method: 'POST',
    path: '/canvas/pages/none/widgets',
    body: { kind: 'emoji', content: '🎈' },
    status: 404,
    check: plain(404, 'There is no page "none"'),
  },
  {
    method: 'POST',
    path: '/canvas/pages/news/widgets',
    body: { kind: 'applet', content: '' },
    status: 400,
    check: refused('kind'),
  },
  {
    method: 'GET',
    path: '/canvas/pages/news',
    status: 200,
    check: equal({
      slug: 'news',
      title: 'News',
      createdAt: TIME,
      widgets: [{ id: NUMBER, kind: 'emoji', content: '🎈' }],
    }),
  },
  { method: 'GET', path: '/canvas/pages/none', status: 404, check: plain(404, 'There is no page "none"') },
  {
    method: 'GET',
    path: '/canvas/emojis?search=CAT&limit=2',
    status: 200,
    check: equal(Array(2).fill({ emoji: TEXT, name: expect.stringContaining('cat'), category: TEXT, version: TEXT })),
  },
  { method: 'GET', path: '/canvas/emojis?limit=2001', status: 400, check: refused('limit') },

  { method: 'GET', path: '/docs-json', status: 200, check: like({ openapi: '3.0.0', info: { title: 'Hydrogen' } }) },
  {
    method: 'GET',
    path: '/docs',
    status: 200,
    check: (_json, { type, text }) => {
      expect(type).toMatch(/^text\/html\b/);
      expect(text).toContain('Swagger UI');
    },
  },
  { method: 'GET', path: '/nowhere', status: 404, check: plain(404, 'Cannot GET /nowhere') },
  { method: 'DELETE', path: '/canvas/pages/news', status: 404, check: like({ statusCode: 404 }) },
  {
    // A text that PostgreSQL cannot hold is found before anything is sent, and is the caller's fault.
    method: 'GET',
    path: '/acuranzo/cities?search=%00',
    status: 400,
    check: problem(400, 'DB_DATA'),
  },
];
