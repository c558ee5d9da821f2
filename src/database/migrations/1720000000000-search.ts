import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An account's user name, from the headers of its assertion. */
const USERNAME = `lower(substring(split_part(encode(bytes, 'escape'), E'\\n\\n', 1) from '\\nusername: ([^\\n]*)'))`;

const UP = [
  'create extension if not exists pg_trgm',

  // The operator's choice overrides what came with the snap. Null: nothing was chosen.
  'alter table snap add column chosen_categories jsonb',
  `create index snap_categories_idx on snap
    using gin ((coalesce(chosen_categories, categories)) jsonb_path_ops)`,

  // Truncated, because PostgreSQL accepts at most a megabyte of words.
  `alter table snap add column search tsvector not null generated always as (
    setweight(to_tsvector('english', name || ' ' || left(title, 1000)), 'A') ||
    setweight(to_tsvector('english', left(summary, 1000)), 'B') ||
    setweight(to_tsvector('english', left(description, 20000)), 'D')) stored`,
  'create index snap_search_idx on snap using gin (search)',
  'create index snap_name_trigram_idx on snap using gin (name gin_trgm_ops)',
  'create index snap_title_trigram_idx on snap using gin (title gin_trgm_ops)',
  'create index snap_publisher_idx on snap (publisher_id)',
  `create index assertion_username_idx on assertion ((${USERNAME})) where type = 'account'`,
];

const DOWN = [
  'drop index assertion_username_idx, snap_publisher_idx, snap_title_trigram_idx, snap_name_trigram_idx',
  'alter table snap drop column search',
  'drop index snap_categories_idx',
  'alter table snap drop column chosen_categories',
  // The extension stays: an administrator may have created it, and others may use it.
];

/** The search index of snaps, and the categories that an operator sets. */
export class Search1720000000000 implements MigrationInterface {
  readonly name = 'Search1720000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
