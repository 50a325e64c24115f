// Tables and first rows of the Helium database: settings, and every value they ever had.
import { statements, type Migration } from '../schema/migration.js';

export const HELIUM_SCHEMA: readonly Migration[] = [
  {
    version: 1,
    name: 'settings with history',
    apply: statements(
      `CREATE TABLE settings (
        key text PRIMARY KEY,
        value jsonb NOT NULL,
        version integer NOT NULL DEFAULT 1,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`,
      `CREATE TABLE settings_history (
        key text NOT NULL REFERENCES settings ON DELETE CASCADE,
        version integer NOT NULL,
        value jsonb NOT NULL,
        changed_at timestamptz NOT NULL,
        PRIMARY KEY (key, version)
      )`,
    ),
  },
  {
    version: 2,
    name: 'first settings',
    apply: statements(
      `INSERT INTO settings (key, value) VALUES
        ('site.title', '"Hydrogen"'),
        ('site.languages', '["en", "de", "fr"]'),
        ('mail.retries', '3'),
        ('features', '{"search": true, "beta": false}')`,
      'INSERT INTO settings_history (key, version, value, changed_at) SELECT key, version, value, updated_at FROM settings',
    ),
  },
];
