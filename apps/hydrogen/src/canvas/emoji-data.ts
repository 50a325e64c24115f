// The emojis of the npm package unicode-emoji-json as rows.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface RawEmoji {
  readonly name: string;
  readonly group: string;
  readonly emoji_version: string;
}

export interface EmojiRow {
  readonly emoji: string;
  readonly name: string;
  readonly category: string;
  readonly version: string;
}

/** In Unicode's order. Read, not imported: it is needed once in the life of a database. */
export function readEmojis(): EmojiRow[] {
  const file = createRequire(import.meta.url).resolve('unicode-emoji-json');
  const emojis: Record<string, RawEmoji> = JSON.parse(readFileSync(file, 'utf8'));
  return Object.entries(emojis).map(([emoji, { name, group, emoji_version: version }]) => ({
    emoji,
    name,
    category: group,
    version,
  }));
}
