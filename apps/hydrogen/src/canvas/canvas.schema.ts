// Tables and first rows of the Canvas database: pages with widgets, and the emojis of Unicode.
import type { Transaction } from '@hydrogen/database';
import { statements, type Migration } from '../schema/migration.js';
import { readEmojis } from './emoji-data.js';

export const CANVAS_SCHEMA: readonly Migration[] = [
  {
    version: 1,
    name: 'pages, widgets and emojis',
    apply: statements(
      `CREATE TABLE pages (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        slug text NOT NULL CONSTRAINT pages_slug_key UNIQUE,
        title text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`,
      `CREATE TABLE widgets (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        page_id integer NOT NULL REFERENCES pages ON DELETE CASCADE,
        kind text NOT NULL,
        content text NOT NULL
      )`,
      'CREATE INDEX widgets_page ON widgets (page_id, id)',
      `CREATE TABLE emojis (
        position integer PRIMARY KEY,
        emoji text NOT NULL UNIQUE,
        name text NOT NULL,
        category text NOT NULL,
        version text NOT NULL
      )`,
    ),
  },
  {
    version: 2,
    name: 'first pages',
    apply: statements(
      `INSERT INTO pages (slug, title) VALUES ('home', 'Home'), ('about', 'About us')`,
      `INSERT INTO widgets (page_id, kind, content)
       SELECT pages.id, w.kind, w.content
         FROM (VALUES ('home', 'heading', 'Welcome'), ('home', 'text', 'Four databases, one service.'),
                      ('about', 'heading', 'Who we are')) AS w (slug, kind, content)
         JOIN pages USING (slug)`,
    ),
  },
  { version: 3, name: 'all the emojis', apply: seedEmojis },
];

async function seedEmojis(tx: Transaction): Promise<void> {
  await tx.query(
    `INSERT INTO emojis (position, emoji, name, category, version)
     SELECT row_number() OVER (), emoji, name, category, version
       FROM json_to_recordset($1::json) AS e (emoji text, name text, category text, version text)`,
    [JSON.stringify(readEmojis())],
  );
}
