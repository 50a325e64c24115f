// Settings of the Helium database. A change and its entry in the history are one transaction.
import { Injectable, NotFoundException, type OnModuleInit } from '@nestjs/common';
import { InjectDatabase, type Database } from '@hydrogen/database';
import { SchemaApplier } from '../schema/schema-applier.js';
import type { Setting, SettingVersion } from './helium.dto.js';
import { HELIUM_SCHEMA } from './helium.schema.js';

const COLUMNS = 'key, value, version, updated_at AS "updatedAt"';

@Injectable()
export class HeliumService implements OnModuleInit {
  constructor(
    @InjectDatabase('Helium') private readonly db: Database,
    private readonly schema: SchemaApplier,
  ) {}

  onModuleInit(): Promise<void> {
    return this.schema.apply(this.db, HELIUM_SCHEMA);
  }

  settings(): Promise<Setting[]> {
    return this.db.many<Setting>(`SELECT ${COLUMNS} FROM settings ORDER BY key`);
  }

  async setting(key: string): Promise<Setting> {
    const found = await this.db.maybeOne<Setting>(`SELECT ${COLUMNS} FROM settings WHERE key = $1`, [key]);
    return found ?? notFound(key);
  }

  /** Makes or changes a setting. The value it has already changes nothing: no version, no history. */
  change(key: string, value: unknown): Promise<Setting> {
    return this.db.transaction(async (tx) => {
      const changed = await tx.maybeOne<Setting>(
        `INSERT INTO settings (key, value) VALUES ($1, $2::jsonb)
             ON CONFLICT (key) DO UPDATE
            SET value = excluded.value, version = settings.version + 1, updated_at = now()
          WHERE settings.value IS DISTINCT FROM excluded.value
      RETURNING ${COLUMNS}`,
        [key, JSON.stringify(value)],
      );
      if (!changed) return tx.one<Setting>(`SELECT ${COLUMNS} FROM settings WHERE key = $1`, [key]);
      await tx.query(
        `INSERT INTO settings_history (key, version, value, changed_at)
         SELECT key, version, value, updated_at FROM settings WHERE key = $1`,
        [key],
      );
      return changed;
    });
  }

  /** Newest first. */
  async history(key: string): Promise<SettingVersion[]> {
    const versions = await this.db.many<SettingVersion>(
      `SELECT version, value, changed_at AS "changedAt" FROM settings_history WHERE key = $1 ORDER BY version DESC`,
      [key],
    );
    return versions.length > 0 ? versions : notFound(key);
  }
}

function notFound(key: string): never {
  throw new NotFoundException(`There is no setting "${key}"`);
}
