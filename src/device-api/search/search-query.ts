import { FEATURED } from '../../catalogue/snap.js';
import { DEFAULT_TRACK } from '../../channels/channel.js';

/** The conditions of a search other than its query string; all that are set must hold. */
export interface SearchCriteria {
  /** The brand stores whose snaps may be found in addition to public ones. */
  readonly stores: readonly string[];
  readonly namePrefix?: string | undefined;
  readonly commonId?: string | undefined;
  /** A snap must be in all of them. */
  readonly categories?: readonly string[] | undefined;
  /** The user name of an account, or its id. */
  readonly publisher?: string | undefined;
  /** Only private snaps. */
  readonly isPrivate?: boolean | undefined;
}

/** The limits of what a device could have, according to the rows alone: a match may still be closed or overridden. */
export interface Reach {
  /** Undefined: any. */
  readonly architecture: string | undefined;
  /** The channel's track and the risks that serve it; undefined for any. */
  readonly place?: { readonly track: string; readonly risks: readonly string[] } | undefined;
  /** Whether a snap's default track counts like the channel's. */
  readonly followsDefaultTrack: boolean;
  readonly confinements?: readonly string[] | undefined;
}

/** A part of a long list. */
export interface SearchWindow {
  readonly limit: number;
  readonly offset: number;
}

const CATEGORIES = 'coalesce(s.chosen_categories, s.categories)';

/** Newest revisions of accounts with a user name, in the form of the schema's index. */
const ACCOUNTS_NAMED = (name: string) =>
  `select a.primary_key[1] from assertion a where a.type = 'account'
     and lower(substring(split_part(encode(a.bytes, 'escape'), E'\\n\\n', 1) from '\\nusername: ([^\\n]*)')) = ${name}
     and not exists (select 1 from assertion n where n.type = 'account' and n.primary_key = a.primary_key
       and n.assertion_revision > a.assertion_revision)`;

/** A pattern of LIKE that matches a string anywhere. */
function anywhere(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

/**
 * Every word of a query, in the form of the index. In name, title and summary a word may be a prefix (unless the
 * index has another form: `many` is `mani` there, a prefix of `manipulate`). In a description it must be
 * whole, because a description has many words.
 */
const WORDS = (text: string) =>
  wordQuery(text, `format('(%1$s | %1$s%2$s)', quoted, case when ${mayGoOn(text)} then ':*AB' end)`);

/** The same, in the parts of a description with these weights. */
const WORDS_IN = (weights: string, text: string) =>
  wordQuery(text, `format('%s:%s${weights}', quoted, case when ${mayGoOn(text)} then '*' end)`);

function mayGoOn(text: string): string {
  return `length(lexeme) > 2 and strpos(lower(${text}), lexeme) > 0`;
}

function wordQuery(text: string, word: string): string {
  return `(select string_agg(${word}, ' & ')::tsquery from unnest(to_tsvector('english', ${text})), lateral (
    select '''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || '''' as quoted) q)`;
}

/** A statement that is built from conditions and their values. */
export class SearchQuery {
  readonly parameters: unknown[] = [];
  private readonly conditions = [`s.name <> ''`];

  constructor(
    criteria: SearchCriteria,
    private readonly window: SearchWindow,
    reach?: Reach,
  ) {
    const { stores, namePrefix, commonId, categories = [], publisher, isPrivate } = criteria;
    this.where(`s.visibility = '${isPrivate === true ? 'private' : 'public'}'`);
    this.where(`(s.store_id is null or s.store_id = any (${this.value(stores)}))`);
    if (namePrefix !== undefined) this.where(`starts_with(s.name, ${this.value(namePrefix)})`);
    if (commonId !== undefined)
      this.where(
        `s.snap_id in (select r.snap_id from snap_revision r where r.common_ids @> array[${this.value(commonId)}])`,
      );
    for (const category of categories) this.where(this.isIn(category));
    if (publisher !== undefined) this.where(this.isBy(publisher));
    if (reach) this.where(this.isWithin(reach));
  }

  /** All matches of the criteria, sorted by name. */
  all(): string {
    return this.statement('s.name', 's.name');
  }

  /**
   * Best first: the name, the beginning of a name, a part of it, the title, the publisher, the summary,
   * the description; equal ones by the weight of the words.
   */
  byText(text: string): string {
    const asked = this.value(text);
    const words = WORDS(asked);
    const dashed = text.toLowerCase().replaceAll(' ', '-');
    const name = this.value(dashed);
    const inName = `s.name like ${this.value(anywhere(dashed))}`;
    const inTitle = `s.title ilike ${this.value(anywhere(text))}`;
    const isBy = this.isBy(text);
    this.where(`(${inName} or ${inTitle} or s.search @@ ${words} or ${isBy})`);
    return this.statement(
      `s.name, case when s.name = ${name} then 0 when starts_with(s.name, ${name}) then 1 when ${inName} then 2
         when ${inTitle} or s.search @@ ${WORDS_IN('A', asked)} then 3 when ${isBy} then 4
         when s.search @@ ${WORDS_IN('AB', asked)} then 5 else 6 end as rank,
       coalesce(ts_rank(s.search, ${words}), 0) as weight`,
      'rank, case when rank < 3 then 0 else weight end desc, name',
    );
  }

  /** Names and titles that are similar to a string, the most similar first. */
  byLikeness(text: string): string {
    const asked = this.value(text);
    this.where(`(${asked} <% s.name or ${asked} <% s.title)`);
    return this.statement(
      `s.name, greatest(word_similarity(${asked}, s.name), word_similarity(${asked}, s.title)) as likeness,
       similarity(${asked}, s.name) as closeness`,
      'likeness desc, closeness desc, name',
    );
  }

  private statement(columns: string, order: string): string {
    // Materialized, or each use of a column would compute it again.
    return `with s as materialized (select ${columns} from snap s where ${this.conditions.join(' and ')})
      select name from s order by ${order} limit ${this.value(this.window.limit)} offset ${this.value(this.window.offset)}`;
  }

  private where(condition: string): void {
    this.conditions.push(condition);
  }

  /** @returns the placeholder of a value in the statement */
  private value(value: unknown): string {
    this.parameters.push(value);
    const type = Array.isArray(value) ? 'text[]' : typeof value === 'string' ? 'text' : 'bigint';
    return `$${this.parameters.length}::${type}`;
  }

  /** Snaps that ever had a release or an override of a revision that the device could have. */
  private isWithin({ architecture, place, followsDefaultTrack, confinements }: Reach): string {
    const conditions =
      architecture === undefined ? ['true'] : [`c.architecture in (${this.value(architecture)}, 'all')`];
    if (place) {
      const own = followsDefaultTrack
        ? ` or c.track = coalesce(nullif(coalesce(s.chosen_default_track, s.default_track), ''), '${DEFAULT_TRACK}')`
        : '';
      conditions.push(
        `(c.track = ${this.value(place.track)}${own})`,
        `c.risk = any (${this.value(place.risks)})`,
      );
    }
    const here = confinements
      ? `exists (select from snap_revision r where r.snap_id = c.snap_id and r.revision = c.revision
          and r.confinement = any (${this.value(confinements)}))`
      : 'c.revision is not null';
    return `exists (select from (
        select snap_id, architecture, track, risk, revision from channel_release
        union all select snap_id, architecture, track, risk, revision from snap_override) c
      where c.snap_id = s.snap_id and ${conditions.join(' and ')} and ${here})`;
  }

  private isIn(category: string): string {
    const has = (entry: object) => `${CATEGORIES} @> ${this.value(JSON.stringify([entry]))}::jsonb`;
    const named = has({ name: category });
    return category === FEATURED ? `(${named} or ${has({ featured: true })})` : named;
  }

  private isBy(publisher: string): string {
    const named = ACCOUNTS_NAMED(this.value(publisher.toLowerCase()));
    return `(s.publisher_id = ${this.value(publisher)} or s.publisher_id in (${named}))`;
  }
}
