// Nest's side of applySchema: a feature gives its steps, this says in the log what was done.
import { Injectable, Logger } from '@nestjs/common';
import type { Database } from '@hydrogen/database';
import { applySchema } from './apply-schema.js';
import type { Migration } from './migration.js';

@Injectable()
export class SchemaApplier {
  private readonly logger = new Logger('Schema');

  /** To be awaited in `onModuleInit`, so that no request meets a database without its tables. */
  async apply(db: Database, migrations: readonly Migration[]): Promise<void> {
    const begun = performance.now();
    const applied = await applySchema(db, migrations);
    if (applied.length === 0) return;
    this.logger.log(`${db.name}: ${applied.join(', ')} (${Math.round(performance.now() - begun)} ms)`);
  }
}
