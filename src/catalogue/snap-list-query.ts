import { ANY_ARCHITECTURE } from '../channels/channel-map.js';
import type { Channel } from '../channels/channel.js';
import type { SnapFilter, SnapPlace, SnapWindow } from './snap-list.js';
import { FEATURED } from './snap.js';

const NAME = 's.name collate "C"';

/** A time with all its digits: as a number, it would lose some. */
const UPDATED = `to_char(s.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const IN_FORCE = 'c.revision is not null and (c.expires_at is null or c.expires_at > now())';

/** Higher than every character of a name. */
const LAST_CHARACTER = '~';

/** One statement for a page of the list: the rows of the page first, and then what is shown of each. */
export class SnapListQuery {
  readonly parameters: unknown[] = [];
  private readonly conditions = [`s.name <> ''`];

  constructor(
    filter: SnapFilter,
    private readonly window: SnapWindow,
  ) {
    const { text, namePrefix, storeId, category, type, publisherId } = filter;
    if (text !== undefined) this.whereText(text);
    if (namePrefix !== undefined) {
      const [from, to] = [this.value(namePrefix), this.value(namePrefix + LAST_CHARACTER)];
      this.conditions.push(`${NAME} >= ${from} and ${NAME} < ${to}`);
    }
    if (storeId !== undefined)
      this.conditions.push(storeId === null ? 's.store_id is null' : `s.store_id = ${this.value(storeId)}`);
    if (category !== undefined) this.whereCategory(category);
    if (type !== undefined) this.conditions.push(`s.type = ${this.value(type)}`);
    if (publisherId !== undefined) this.conditions.push(`s.publisher_id = ${this.value(publisherId)}`);
    this.whereReleased(filter);
    if (window.after) this.whereAfter(window.after);
  }

  statement(): string {
    const { order, limit } = this.window;
    const direction = order.startsWith('-') ? 'desc' : 'asc';
    const isByName = order.endsWith('name');
    const columns = isByName ? [NAME] : ['s.updated_at', NAME];
    const sorted = columns.map((column) => `${column} ${direction}`).join(', ');
    return `select s.snap_id as "snapId", s.name, s.title, s.summary, s.type, s.publisher_id as "publisherId",
        s.store_id as "storeId", s.visibility = 'private' as "isPrivate",
        coalesce(s.chosen_categories, s.categories) as categories,
        nullif(coalesce(s.chosen_default_track, s.default_track), '') as "defaultTrack",
        s.updated_at as "updatedAt", ${isByName ? 's.name' : UPDATED} as key,
        held.revisions, held.bytes as "sizeBytes", n.revision, n.version, held.architectures
      from (select s.* from snap s where ${this.conditions.join(' and ')}
        order by ${sorted} limit ${this.value(limit)}) s
      cross join lateral (
        select count(*)::int as revisions, coalesce(sum(r.size_bytes), 0)::float8 as bytes, max(r.revision) as newest,
          array(select distinct a from snap_revision o, unnest(o.architectures) a where o.snap_id = s.snap_id order by a)
            as architectures
        from snap_revision r where r.snap_id = s.snap_id) held
      left join snap_revision n on n.snap_id = s.snap_id and n.revision = held.newest
      order by ${sorted}`;
  }

  /** As the devices' search finds them, without its ranks. */
  private whereText(text: string): void {
    const anywhere = (part: string) => this.value(`%${part.replaceAll(/[\\%_]/g, '\\$&')}%`);
    const inName = `s.name like ${anywhere(text.toLowerCase().replaceAll(' ', '-'))}`;
    const words = `s.search @@ websearch_to_tsquery('english', ${this.value(text)})`;
    this.conditions.push(`(${inName} or s.title ilike ${anywhere(text)} or ${words})`);
  }

  private whereCategory(category: string): void {
    const sought = category === FEATURED ? [{ featured: true }] : [{ name: category }];
    this.conditions.push(
      `coalesce(s.chosen_categories, s.categories) @> ${this.value(JSON.stringify(sought))}::jsonb`,
    );
  }

  private whereReleased({ architecture, channel }: SnapFilter): void {
    const served =
      architecture === undefined ? undefined : `array[${this.value(architecture)}, '${ANY_ARCHITECTURE}']`;
    if (channel) this.conditions.push(this.isOpen(channel, served));
    else if (served !== undefined)
      this.conditions.push(
        `exists (select from snap_revision r where r.snap_id = s.snap_id and r.architectures && ${served})`,
      );
  }

  private isOpen({ track, risk, branch = '' }: Channel, served: string | undefined): string {
    const place = `(c.track, c.risk, c.branch) = (${this.value(track)}, ${this.value(risk)}, ${this.value(branch)})`;
    const isServed = served === undefined ? '' : ` and c.architecture = any (${served})`;
    // With exists, the channels of all snaps would be looked up before the first row of the page.
    return `(select true from channel_current c where c.snap_id = s.snap_id and ${place}${isServed} and ${IN_FORCE} limit 1)`;
  }

  private whereAfter({ key, name }: SnapPlace): void {
    const { order } = this.window;
    const further = order.startsWith('-') ? '<' : '>';
    this.conditions.push(
      order.endsWith('name')
        ? `${NAME} ${further} ${this.value(name)}`
        : `(s.updated_at, ${NAME}) ${further} (${this.value(key)}::timestamptz, ${this.value(name)})`,
    );
  }

  private value(value: unknown): string {
    this.parameters.push(value);
    return `$${this.parameters.length}`;
  }
}
