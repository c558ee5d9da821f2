import { Injectable } from '@nestjs/common';
import { areStorable } from '../../common/storable-text.js';
import { DatabaseService } from '../../database/database.service.js';
import { TransactionsService } from '../../database/transactions.service.js';
import { SearchQuery, type Reach, type SearchCriteria, type SearchWindow } from './search-query.js';

/** A snap in the names catalogue. */
export interface CatalogueName {
  readonly name: string;
  readonly snapId: string;
  readonly summary: string;
  readonly version: string;
  readonly apps: readonly string[];
  /** Whether its snap-declaration may contain aliases. */
  readonly hasAliases: boolean;
}

/** The selection of names. */
export interface NamesRequest {
  readonly architecture: string;
  /** The brand stores whose snaps the device gets. */
  readonly stores: readonly string[];
  /** Only snaps with one of these confinements; undefined: any. */
  readonly confinements?: readonly string[] | undefined;
  /** In milliseconds; overrides and branches that have expired by then are ignored. */
  readonly now: number;
}

/** A part of the names. */
export interface NamesWindow {
  /** Starts after this name. */
  readonly after: string;
  readonly limit: number;
}

/**
 * The similarity of a query to a name or title. pg_trgm's default of 0.6 misses most words with one typing error. At
 * lower values, short words match too many others.
 */
function leastLikeness(text: string): number {
  return text.length < 6 ? 0.5 : 0.35;
}

interface NameRow {
  readonly name: string;
}

/** Finds the names of snaps; their data comes from the catalogue. */
@Injectable()
export class SearchRepository {
  constructor(
    private readonly database: DatabaseService,
    private readonly transactions: TransactionsService,
  ) {}

  /** @param reach - limits the result to snaps that the device could have, according to the rows alone */
  async names(criteria: SearchCriteria, window: SearchWindow, reach?: Reach): Promise<string[]> {
    const query = new SearchQuery(criteria, window, reach);
    return await this.ask(query.all(), query.parameters);
  }

  /** @param reach - as for {@link names} */
  async namesByText(
    criteria: SearchCriteria,
    text: string,
    window: SearchWindow,
    reach?: Reach,
  ): Promise<string[]> {
    const query = new SearchQuery(criteria, window, reach);
    return await this.ask(query.byText(text), query.parameters);
  }

  /** Names of snaps that are similar to a string. @param reach - as for {@link names} */
  async namesByLikeness(
    criteria: SearchCriteria,
    text: string,
    window: SearchWindow,
    reach?: Reach,
  ): Promise<string[]> {
    const query = new SearchQuery(criteria, window, reach);
    const sql = query.byLikeness(text);
    if (!areStorable(query.parameters)) return [];
    // The transaction also limits the setting to these queries.
    return await this.transactions.run(async (tx) => {
      await tx.query(`select set_config('pg_trgm.word_similarity_threshold', $1, true)`, [
        String(leastLikeness(text)),
      ]);
      return (await tx.query<NameRow[]>(sql, query.parameters)).map(({ name }) => name);
    });
  }

  /**
   * The snaps that a device can see, sorted by name, with their safest release on the default track. It is the result
   * of a channel map in memory (`channels`), for all snaps at once.
   */
  async listNames(
    { architecture, stores, confinements, now }: NamesRequest,
    window: NamesWindow,
  ): Promise<CatalogueName[]> {
    return await this.database.query<CatalogueName>(
      `select s.name, s.snap_id as "snapId", s.summary, r.version, r.apps, exists (
         select 1 from assertion a where a.type = 'snap-declaration' and a.primary_key = array['16', s.snap_id]
           and position(convert_to('aliases:', 'UTF8') in a.bytes) > 0) as "hasAliases"
       from snap s
       join lateral (
         select seen.revision from (
           select distinct on (place.track, place.risk, place.branch) place.*
           from (
             select c.track, c.risk, c.branch, false as held, c.released_at as since,
               case when c.expires_at <= $3 then null else c.revision end as revision
             from channel_settled c where c.snap_id = s.snap_id and c.architecture in ($1, 'all')
             union all
             select o.track, o.risk, o.branch, true, o.created_at, o.revision
             from snap_override o where o.snap_id = s.snap_id and o.architecture in ($1, 'all')
               and o.group_name = ''
               and (o.expires_at is null or o.expires_at > $3)) place
           order by place.track, place.risk, place.branch, place.held desc, place.since desc) seen
         where seen.revision is not null
         order by seen.branch = '' desc,
           seen.track = coalesce(nullif(coalesce(s.chosen_default_track, s.default_track), ''), 'latest') desc,
           seen.track, array_position(array['stable', 'candidate', 'beta', 'edge'], seen.risk), seen.branch
         limit 1) best on true
       join snap_revision r on r.snap_id = s.snap_id and r.revision = best.revision
       where s.name <> '' and s.name > $4 and ($2::text[] is null or r.confinement = any ($2))
         and s.visibility = 'public' and (s.store_id is null or s.store_id = any ($6))
       order by s.name limit $5`,
      [architecture, confinements ?? null, new Date(now), window.after, window.limit, stores],
    );
  }

  private async ask(sql: string, parameters: readonly unknown[]): Promise<string[]> {
    return (await this.database.query<NameRow>(sql, parameters)).map(({ name }) => name);
  }
}
