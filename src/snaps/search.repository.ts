import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';

/** A snap as the names catalogue lists it. */
export interface CatalogueName {
  readonly name: string;
  readonly summary: string;
  readonly version: string;
  readonly apps: readonly string[];
}

/** Finds the names of snaps; what is known of them comes from the catalogue. */
@Injectable()
export class SearchRepository {
  constructor(private readonly database: DatabaseService) {}

  /** Names of the snaps that answer a search, best first: exact name, name prefix, name, title, then texts. */
  async searchNames(text: string, limit: number): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      `select name from (
         select s.name, case when s.name = lower($1) then 0 when starts_with(s.name, lower($1)) then 1
           when strpos(s.name, lower($1)) > 0 then 2 when strpos(lower(s.title), lower($1)) > 0 then 3
           when strpos(lower(s.summary), lower($1)) > 0 then 4 when strpos(lower(s.description), lower($1)) > 0 then 5 end as rank
         from snap s where s.name <> '') ranked
       where rank is not null order by rank, name limit $2`,
      [text, limit],
    );
    return rows.map(({ name }) => name);
  }

  async namesWithPrefix(prefix: string, limit: number): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      `select name from snap where starts_with(name, $1) and name <> '' order by name limit $2`,
      [prefix, limit],
    );
    return rows.map(({ name }) => name);
  }

  /** Every snap that devices of an architecture can see, by name, in its safest release on the default track. */
  async listNames(architecture: string): Promise<CatalogueName[]> {
    return await this.database.query<CatalogueName>(
      `select s.name, s.summary, r.version, r.apps
       from snap s
       join lateral (
         select c.revision from channel_current c
         where c.snap_id = s.snap_id and c.revision is not null and c.architecture in ($1, 'all')
         order by c.branch = '' desc, c.track = coalesce(s.default_track, 'latest') desc, c.track,
           array_position(array['stable', 'candidate', 'beta', 'edge'], c.risk), c.released_at desc
         limit 1) best on true
       join snap_revision r on r.snap_id = s.snap_id and r.revision = best.revision
       where s.name <> '' order by s.name`,
      [architecture],
    );
  }

  async namesWithCommonId(commonId: string, limit: number): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      `select distinct s.name from snap s join snap_revision r using (snap_id) where $1 = any (r.common_ids) and s.name <> '' order by 1 limit $2`,
      [commonId, limit],
    );
    return rows.map(({ name }) => name);
  }

  async namesInCategory(category: string, limit: number): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      `select name from snap where name <> '' and categories @> jsonb_build_array(jsonb_build_object('name', $1::text)) order by name limit $2`,
      [category, limit],
    );
    return rows.map(({ name }) => name);
  }

  async categoryNames(): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      `select distinct category ->> 'name' as name from snap, jsonb_array_elements(categories) category order by 1`,
    );
    return rows.map(({ name }) => name);
  }
}
