// Table and rows of the Acuranzo database: the cities of GeoNames with at least 1000 inhabitants.
import type { Transaction } from '@hydrogen/database';
import { statements, type Migration } from '../schema/migration.js';
import { cityPortions } from './city-data.js';

/** A portion is about 2 MB on the wire and takes some 0.2 s: far from any limit, and a stop needn't wait long. */
const PORTION = 20_000;

export const ACURANZO_SCHEMA: readonly Migration[] = [
  {
    version: 1,
    name: 'cities',
    apply: statements(
      `CREATE TABLE cities (
        id integer PRIMARY KEY,
        name text NOT NULL,
        country char(2) NOT NULL,
        feature text NOT NULL,
        admin text NOT NULL,
        population integer NOT NULL,
        longitude double precision NOT NULL,
        latitude double precision NOT NULL
      )`,
    ),
  },
  { version: 2, name: 'all the cities', apply: seed },
  {
    version: 3, // after the rows: an index is built faster than it is kept
    name: 'indexes on cities',
    apply: statements(
      'CREATE INDEX cities_name_prefix ON cities (lower(name) text_pattern_ops)',
      'CREATE INDEX cities_country_population ON cities (country, population DESC, id)',
      'CREATE INDEX cities_population ON cities (population DESC, id)',
      'ANALYZE cities',
    ),
  },
];

async function seed(tx: Transaction): Promise<void> {
  for (const columns of cityPortions(PORTION)) {
    await tx.query(
      `INSERT INTO cities (id, name, country, feature, admin, population, longitude, latitude)
       SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::float8[], $8::float8[])`,
      columns,
    );
  }
}
