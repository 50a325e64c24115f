// Pages, widgets and emojis of the Canvas database.
import { ConflictException, Injectable, NotFoundException, type OnModuleInit } from '@nestjs/common';
import { InjectDatabase, isUniqueViolation, type Database } from '@hydrogen/database';
import { SchemaApplier } from '../schema/schema-applier.js';
import type { Emoji, EmojiSearch, NewPage, NewWidget, Page, PageWithWidgets, Widget } from './canvas.dto.js';
import { CANVAS_SCHEMA } from './canvas.schema.js';

@Injectable()
export class CanvasService implements OnModuleInit {
  constructor(
    @InjectDatabase('Canvas') private readonly db: Database,
    private readonly schema: SchemaApplier,
  ) {}

  onModuleInit(): Promise<void> {
    return this.schema.apply(this.db, CANVAS_SCHEMA);
  }

  pages(): Promise<Page[]> {
    return this.db.many<Page>('SELECT slug, title, created_at AS "createdAt" FROM pages ORDER BY slug');
  }

  async page(slug: string): Promise<PageWithWidgets> {
    const found = await this.db.maybeOne<PageWithWidgets>(
      `SELECT slug, title, created_at AS "createdAt",
              (SELECT coalesce(json_agg(json_build_object('id', w.id, 'kind', w.kind, 'content', w.content) ORDER BY w.id), '[]')
                 FROM widgets w WHERE w.page_id = p.id) AS widgets
         FROM pages p WHERE slug = $1`,
      [slug],
    );
    return found ?? noPage(slug);
  }

  async addPage({ slug, title }: NewPage): Promise<Page> {
    try {
      const text = 'INSERT INTO pages (slug, title) VALUES ($1, $2) RETURNING slug, title, created_at AS "createdAt"';
      return await this.db.one<Page>(text, [slug, title]);
    } catch (error) {
      if (isUniqueViolation(error, 'pages_slug_key')) throw new ConflictException(`There is a page "${slug}" already`);
      throw error;
    }
  }

  async addWidget(slug: string, { kind, content }: NewWidget): Promise<Widget> {
    const added = await this.db.maybeOne<Widget>(
      `INSERT INTO widgets (page_id, kind, content) SELECT id, $2, $3 FROM pages WHERE slug = $1
       RETURNING id, kind, content`,
      [slug, kind, content],
    );
    return added ?? noPage(slug);
  }

  /** In Unicode's order. */
  emojis({ search = '', limit }: EmojiSearch): Promise<Emoji[]> {
    return this.db.many<Emoji>(
      'SELECT emoji, name, category, version FROM emojis WHERE strpos(name, lower(:search)) > 0 ORDER BY position LIMIT :limit',
      { search, limit },
    );
  }
}

function noPage(slug: string): never {
  throw new NotFoundException(`There is no page "${slug}"`);
}
