// Reads the cities of the Acuranzo database.
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDatabase, sql, type Database } from '@hydrogen/database';
import { SchemaApplier } from '../schema/schema-applier.js';
import type { City, CitySearch, Country } from './acuranzo.dto.js';
import { ACURANZO_SCHEMA } from './acuranzo.schema.js';

@Injectable()
export class AcuranzoService implements OnModuleInit {
  constructor(
    @InjectDatabase('Acuranzo') private readonly db: Database,
    private readonly schema: SchemaApplier,
  ) {}

  onModuleInit(): Promise<void> {
    return this.schema.apply(this.db, ACURANZO_SCHEMA);
  }

  /** The largest first. */
  cities({ search = '', country, limit }: CitySearch): Promise<City[]> {
    return this.db.many<City>(sql`
      SELECT id, name, country, feature, admin, population, longitude, latitude
        FROM cities
       WHERE lower(name) ^@ lower(${search}::text)
         AND (${country ?? null}::text IS NULL OR country = ${country ?? null})
       ORDER BY population DESC, id
       LIMIT ${limit}`);
  }

  /** All 135,233 in one answer: more than what a result may hold by default, hence the limit of its own. */
  allCities(): Promise<City[]> {
    const text = 'SELECT id, name, country, feature, admin, population, longitude, latitude FROM cities ORDER BY id';
    return this.db.many<City>(text, [], { maxRows: 0 });
  }

  countries(): Promise<Country[]> {
    return this.db.many<Country>(
      `SELECT country, count(*)::int AS cities, sum(population)::float8 AS population
         FROM cities GROUP BY country ORDER BY country`,
    );
  }
}
