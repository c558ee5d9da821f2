import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { channelOf, type ChannelRelease } from '../channels/channel-map.js';
import { isInForce } from '../channels/channel-override.js';
import type { Risk } from '../channels/channel.js';
import { DatabaseService } from '../database/database.service.js';
import type {
  Doer,
  HistoryWindow,
  ReleaseDecision,
  ReleaseRecord,
  ReleaseStep,
  ReleasesUntil,
  ReleaseTime,
} from './release-record.js';
import { refColumns, type RevisionRef } from './revision-ref.js';

interface ChannelRow {
  readonly architecture: string;
  readonly track: string;
  readonly risk: Risk;
  readonly branch: string;
}

interface ReleaseRow extends ChannelRow {
  readonly id: string;
  readonly revision: number | null;
  readonly released_at: Date;
  readonly added_at: Date;
  readonly origin: 'import' | 'operator';
  readonly source: string | null;
  readonly expires_at: Date | null;
  readonly percentage: number | null;
  readonly actor_kind: Doer['kind'] | null;
  readonly actor: string | null;
}

/** The releases of channels, with their history. */
@Injectable()
export class ReleasesRepository {
  constructor(private readonly database: DatabaseService) {}

  /** All tracks that ever had a release or an override, and the snap's default tracks. */
  async tracks(tx: EntityManager, snapId: string): Promise<string[]> {
    const rows = await tx.query<{ track: string }[]>(
      `select track from channel_release where snap_id = $1
       union select track from snap_override where snap_id = $1
       union select default_track from snap where snap_id = $1 and default_track <> ''
       union select chosen_default_track from snap where snap_id = $1 and chosen_default_track <> ''
       order by 1`,
      [snapId],
    );
    return rows.map(({ track }) => track);
  }

  /** All releases of a snap, the newest first. */
  async history(tx: EntityManager, snapId: string): Promise<ReleaseRecord[]> {
    const rows = await tx.query<ReleaseRow[]>(
      `select c.*, j.source from channel_release c left join import_job j on j.id = c.import_id
       where c.snap_id = $1 order by c.id desc`,
      [snapId],
    );
    return rows.map(recordOf);
  }

  /** A part of the releases of a snap, the newest first. */
  async historyPage(
    tx: EntityManager,
    snapId: string,
    { limit, before, architecture, channel }: HistoryWindow,
  ): Promise<ReleaseRecord[]> {
    const { track = null, risk = null, branch = '' } = channel ?? {};
    const rows = await tx.query<ReleaseRow[]>(
      `select c.*, j.source from channel_release c left join import_job j on j.id = c.import_id
       where c.snap_id = $1 and ($2::bigint is null or c.id < $2) and ($3::text is null or c.architecture = $3)
         and ($4::text is null or (c.track, c.risk, c.branch) = ($4, $5, $6))
       order by c.id desc limit $7`,
      [snapId, before ?? null, architecture ?? null, track, risk, branch, limit],
    );
    return rows.map(recordOf);
  }

  /** Adds a release by the operator; the earlier releases stay on record. */
  async add(
    tx: EntityManager,
    snapId: string,
    release: ChannelRelease,
    expiresAt: Date | undefined,
    { kind, name }: Doer,
  ): Promise<void> {
    await tx.query(
      `insert into channel_release (snap_id, architecture, track, risk, branch, revision, released_at, expires_at,
         percentage, actor_kind, actor, origin)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'operator')`,
      [...columnsOf(snapId, release), expiresAt ?? null, release.percentage ?? null, kind, name],
    );
  }

  /** Adds a release of an import. A branch keeps its expiry. */
  async addImported(
    tx: EntityManager,
    snapId: string,
    release: ChannelRelease,
    importId: number,
    { kind, name }: Doer,
  ): Promise<void> {
    await tx.query(
      `insert into channel_release (snap_id, architecture, track, risk, branch, revision, released_at, import_id,
         actor_kind, actor, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
         (select expires_at from channel_current c where c.snap_id = $1 and c.architecture = $2 and c.track = $3
            and c.risk = $4 and c.branch = $5 and c.revision is not null and c.expires_at > now()))`,
      [...columnsOf(snapId, release), importId, kind, name],
    );
  }

  /** The channels whose last change is by the operator. */
  async decisions(tx: EntityManager, snapId: string): Promise<ReleaseDecision[]> {
    const rows = await tx.query<(ChannelRow & { readonly highest: number | null })[]>(
      `select c.architecture, c.track, c.risk, c.branch, max(h.revision) as highest
       from channel_current c join channel_release h using (snap_id, architecture, track, risk, branch)
       where c.snap_id = $1 and c.origin = 'operator'
       group by c.architecture, c.track, c.risk, c.branch`,
      [snapId],
    );
    return rows.map((row) => ({ ...placeOf(row), highest: row.highest ?? 0 }));
  }

  /** The channels that revisions were ever released to, and when last, in no order. */
  async times(wanted: readonly RevisionRef[]): Promise<ReleaseTime[]> {
    return await this.database.query<ReleaseTime>(
      `select snap_id as "snapId", revision, architecture, track, risk, branch, max(released_at) as at
       from channel_release join unnest($1::text[], $2::integer[]) w (snap_id, revision) using (snap_id, revision)
       group by snap_id, revision, architecture, track, risk, branch`,
      refColumns(wanted),
    );
  }

  /** The number of each snap's newest release, by snap-id. Releases of one snap are added one after another. */
  async newestIds(snapIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.query<{ snap_id: string; id: string }>(
      'select snap_id, max(id) as id from channel_release where snap_id = any ($1) group by snap_id',
      [snapIds],
    );
    return new Map(rows.map(({ snap_id: snapId, id }) => [snapId, Number(id)]));
  }

  /** The releases of a snap's channels at that time. A branch that has expired since is closed. */
  async at(
    snapId: string,
    until: ReleasesUntil,
    now: number,
  ): Promise<(ChannelRelease & { readonly expiresAt: Date | null })[]> {
    const [condition, limit] =
      'releaseId' in until ? ['id <= $2', until.releaseId] : ['added_at <= $2', until.addedBefore];
    const rows = await this.database.query<ReleaseRow>(
      `select distinct on (architecture, track, risk, branch)
         architecture, track, risk, branch, revision, released_at, expires_at
       from channel_release where snap_id = $1 and percentage is null and ${condition}
       order by architecture, track, risk, branch, id desc`,
      [snapId, limit],
    );
    return rows.map((row) => ({
      ...placeOf(row),
      revision: isInForce(row.expires_at ?? undefined, now) ? row.revision : null,
      releasedAt: row.released_at,
      expiresAt: row.expires_at,
    }));
  }

  /** The step from the previous to the present revision of each channel, the last release first. */
  async steps(): Promise<ReleaseStep[]> {
    return await this.database.query<ReleaseStep>(
      `select c.snap_id as "snapId", p.revision as source, c.revision as target
       from channel_current c join lateral (
         select r.revision from channel_release r
         where r.snap_id = c.snap_id and r.architecture = c.architecture and r.track = c.track
           and r.risk = c.risk and r.branch = c.branch and r.id < c.id
           and r.revision is not null and r.revision <> c.revision
         order by r.id desc limit 1) p on true
       where c.revision is not null
       group by 1, 2, 3 order by max(c.id) desc`,
    );
  }

  /** All architectures that ever had a release or an override, including `all` if used. */
  async architectures(): Promise<string[]> {
    const rows = await this.database.query<{ architecture: string }>(
      'select architecture from channel_release union select architecture from snap_override',
    );
    return rows.map((row) => row.architecture);
  }

  /** When the next branch or override expires after this time; undefined if none does. */
  async nextEnd(now: number): Promise<Date | undefined> {
    const rows = await this.database.query<{ next: Date | null }>(
      `select min(expires_at) as next from (select expires_at from channel_release
         union all select expires_at from snap_override) ending where expires_at > $1`,
      [new Date(now)],
    );
    return rows[0]?.next ?? undefined;
  }
}

function placeOf(row: ChannelRow): Pick<ChannelRelease, 'architecture' | 'channel'> {
  return { architecture: row.architecture, channel: channelOf(row.track, row.risk, row.branch) };
}

function recordOf(row: ReleaseRow): ReleaseRecord {
  return {
    id: Number(row.id),
    ...placeOf(row),
    revision: row.revision,
    releasedAt: row.released_at,
    addedAt: row.added_at,
    origin: row.origin,
    source: row.source ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    ...(row.percentage !== null && { percentage: row.percentage }),
    actor: doerOf(row),
  };
}

/** @returns undefined for rows of versions that did not record it */
export function doerOf(row: Pick<ReleaseRow, 'actor_kind' | 'actor'>): Doer | undefined {
  return row.actor_kind === null || row.actor === null
    ? undefined
    : { kind: row.actor_kind, name: row.actor };
}

/** `snap_id, architecture, track, risk, branch, revision, released_at` */
function columnsOf(
  snapId: string,
  { architecture, channel, revision, releasedAt }: ChannelRelease,
): readonly unknown[] {
  const { track, risk, branch = '' } = channel;
  return [snapId, architecture, track, risk, branch, revision, releasedAt];
}
