import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CatalogueService } from '../../catalogue/catalogue.service.js';
import { ChannelsService } from '../../catalogue/channels.service.js';
import { overrideKey, type OverridesWindow } from '../../catalogue/listed-override.js';
import type { SnapRecord } from '../../catalogue/snap-record.js';
import { SnapsService } from '../../catalogue/snaps.service.js';
import { ANY_ARCHITECTURE } from '../../channels/channel-map.js';
import { isInForce, type ChannelOverride } from '../../channels/channel-override.js';
import { formatChannel, shortChannelName, type Channel } from '../../channels/channel.js';
import { checkTracks, type TrackChoice } from '../../channels/known-tracks.js';
import { StoreError } from '../../common/errors.js';
import { TransactionsService } from '../../database/transactions.service.js';
import { GroupsService } from '../../groups/groups.service.js';
import { AuditService } from '../../management/audit/audit.service.js';
import type { ChangeOptions } from '../../management/change-options.js';
import { unknownRevision, unknownSnap } from '../release-checks.js';
import { overrideEntry } from './override-audit.js';

/** One request: a revision for a channel, or the deletion of its overrides. */
export interface OverrideRequest {
  readonly name: string;
  readonly channel: Channel;
  /** `null` deletes the overrides of the channel for all architectures. */
  readonly revision: number | null;
  /** When it expires. */
  readonly until: Date | undefined;
  /** The group of devices; undefined for all devices. */
  readonly group?: string | undefined;
  /** The tracks that the channel may be on; by default those that the snap has or had. */
  readonly tracks?: TrackChoice | undefined;
}

/** An override, or a deleted one, and the revision of the channel itself. */
export interface OverrideView {
  readonly name: string;
  readonly snapId: string;
  readonly channel: Channel;
  readonly architecture: string;
  /** The revision that devices get instead; `null` if the override was deleted. */
  readonly revision: number | null;
  /** The revision of the channel; `null` if it is closed or nothing was ever released to it. */
  readonly upstreamRevision: number | null;
  readonly until: Date | undefined;
  readonly group?: string;
}

interface OpenedSnap {
  readonly snapId: string;
  readonly record: SnapRecord;
  /** Its overrides, before any change. */
  readonly held: readonly ChannelOverride[];
}

/** Revisions that the operator pins devices to, independent of the channels' releases. */
@Injectable()
export class OverridesService {
  constructor(
    private readonly channels: ChannelsService,
    private readonly snaps: SnapsService,
    private readonly catalogue: CatalogueService,
    private readonly transactions: TransactionsService,
    private readonly groups: GroupsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sets and deletes overrides: all that are requested, or none. An override is for the architectures
   * of its revision.
   *
   * @param options - `expect` sees the overrides of all these snaps
   * @returns the overrides that were set and deleted, in the order of the requests
   * @throws StoreError `not-found` on an unknown snap or revision and if there is no override to delete,
   *   `invalid-request` on a repeated channel or an expiry in the past, `invalid-channel` on a track that the
   *   snap never had, unless new tracks are allowed
   */
  async apply(
    requests: readonly OverrideRequest[],
    { expect, settled, dryRun }: ChangeOptions<readonly OverrideView[]> = {},
  ): Promise<OverrideView[]> {
    const now = new Date();
    for (const request of requests) checkEnd(request, now);
    const all = async (tx: EntityManager): Promise<OverrideView[]> => {
      for (const group of new Set(requests.flatMap(({ group: one }) => one ?? [])))
        await this.groups.hold(tx, 'override', group);
      const opened = await this.open(tx, new Set(requests.map(({ name }) => name)), now);
      expect?.([...opened].flatMap(([name, snap]) => heldViews(name, snap)));
      const views: OverrideView[][] = [];
      for (const request of requests) {
        const snap = opened.get(request.name);
        if (snap) views.push(await this.applyOne(tx, snap, request, now));
      }
      checkOnce(views);
      const after: OverrideView[] = [];
      for (const [name, snap] of opened) {
        const held = await this.channels.overridesOf(tx, snap.snapId);
        after.push(...heldViews(name, { ...snap, held }));
        const entry = overrideEntry(name, snap.held, held);
        if (entry) this.audit.record(tx, entry);
        await this.catalogue.publishChange(tx, snap.snapId);
      }
      settled?.(after);
      return views.flat();
    };
    return await this.transactions.run(all, { dryRun });
  }

  /**
   * The active overrides of a snap.
   *
   * @throws StoreError `not-found` on an unknown snap
   */
  async list(name: string): Promise<OverrideView[]> {
    return await this.transactions.run(async (tx) => {
      const what = `list the overrides of ${name}`;
      return heldViews(name, await this.read(tx, await this.findSnapId(tx, name, what), what));
    });
  }

  /** A part of the active overrides of all snaps. */
  async page(window: OverridesWindow): Promise<(OverrideView & { readonly key: string[] })[]> {
    const overrides = await this.channels.overridesPage(window);
    return overrides.map((override) => ({ ...override, key: overrideKey(override) }));
  }

  private async open(
    tx: EntityManager,
    names: ReadonlySet<string>,
    now: Date,
  ): Promise<Map<string, OpenedSnap>> {
    const nameOf = new Map<string, string>();
    for (const name of names) nameOf.set(await this.findSnapId(tx, name, `override ${name}`), name);
    const opened = new Map<string, OpenedSnap>();
    // Always in the order of their ids, as imports do. Otherwise two could wait for each other's snaps.
    for (const snapId of [...nameOf.keys()].toSorted()) {
      const name = nameOf.get(snapId) ?? '';
      await this.snaps.lock(tx, snapId);
      await this.channels.deleteEndedOverrides(tx, snapId, now);
      opened.set(name, await this.read(tx, snapId, `override ${name}`));
    }
    return opened;
  }

  private async findSnapId(tx: EntityManager, name: string, what: string): Promise<string> {
    const snapId = await this.snaps.findId(tx, name);
    if (snapId === undefined) throw unknownSnap(what);
    return snapId;
  }

  private async read(tx: EntityManager, snapId: string, what: string): Promise<OpenedSnap> {
    const record = await this.snaps.find(tx, snapId);
    if (!record) throw unknownSnap(what);
    return { snapId, record, held: await this.channels.overridesOf(tx, snapId) };
  }

  private async applyOne(
    tx: EntityManager,
    snap: OpenedSnap,
    request: OverrideRequest,
    now: Date,
  ): Promise<OverrideView[]> {
    const { name, channel, revision, until, group } = request;
    if (revision === null) return await this.delete(tx, snap, request);
    const known = await this.channels.tracks(tx, snap.snapId);
    checkTracks(`override ${name}`, [channel], known, request.tracks);
    const architectures = await this.snaps.findArchitectures(tx, snap.snapId, revision);
    if (!architectures) {
      const held = await this.snaps.heldRevisions(tx, snap.snapId);
      throw unknownRevision(`override ${name}`, revision, held);
    }
    // An override for all architectures replaces those for one architecture.
    if (architectures.includes(ANY_ARCHITECTURE))
      await this.channels.deleteOverrides(tx, snap.snapId, channel, group);
    const overrides = architectures.map((architecture) => ({
      architecture,
      channel,
      revision,
      since: now,
      until,
      ...(group !== undefined && { group }),
    }));
    for (const override of overrides) await this.channels.putOverride(tx, snap.snapId, override);
    return overrides.map((override) => viewOf(name, snap, override, revision));
  }

  private async delete(
    tx: EntityManager,
    snap: OpenedSnap,
    { name, channel, group }: OverrideRequest,
  ): Promise<OverrideView[]> {
    const all = await this.channels.overridesOf(tx, snap.snapId);
    const there = all.filter(
      (override) => formatChannel(override.channel) === formatChannel(channel) && override.group === group,
    );
    if (there.length === 0)
      throw new StoreError(
        'not-found',
        `cannot delete the override of ${name}: nothing is overridden on ${shortChannelName(channel)}${group === undefined ? '' : ` for group ${group}`}; see \`snap-store-proxy list-overrides ${name}\``,
      );
    await this.channels.deleteOverrides(tx, snap.snapId, channel, group);
    return there.map((override) => viewOf(name, snap, { ...override, until: undefined }, null));
  }
}

function checkEnd({ name, until }: OverrideRequest, now: Date): void {
  if (isInForce(until, now.getTime())) return;
  throw new StoreError(
    'invalid-request',
    `cannot override ${name}: its expiry ${until?.toISOString()} is past`,
  );
}

/**
 * Refuses two requests for the same channel and architecture. A request for all architectures is a request for
 * each of them.
 *
 * @param views - the overrides of each request
 */
function checkOnce(views: readonly (readonly OverrideView[])[]): void {
  const architectures = new Map<string, string[]>();
  const placeOf = ({ name, channel, group }: OverrideView) => `${name} ${formatChannel(channel)} ${group}`;
  for (const answers of views) {
    for (const view of answers) {
      const { name, channel, architecture, group } = view;
      const others = architectures.get(placeOf(view)) ?? [];
      const isForAll = architecture === ANY_ARCHITECTURE;
      const other = others.find((one) => isForAll || one === ANY_ARCHITECTURE || one === architecture);
      if (other === undefined) continue;
      const shared = isForAll ? other : architecture;
      throw new StoreError(
        'invalid-request',
        `cannot override ${name}: ${name} ${shortChannelName(channel)} ${shared}${group === undefined ? '' : ` for group ${group}`} is given twice`,
      );
    }
    for (const view of answers)
      architectures.set(placeOf(view), [...(architectures.get(placeOf(view)) ?? []), view.architecture]);
  }
}

/** The overrides of a snap that are in force. */
function heldViews(name: string, snap: OpenedSnap): OverrideView[] {
  return snap.held
    .filter(({ until }) => isInForce(until, Date.now()))
    .map((override) => viewOf(name, snap, override, override.revision));
}

function viewOf(
  name: string,
  { snapId, record }: OpenedSnap,
  { architecture, channel, until, group }: ChannelOverride,
  revision: number | null,
): OverrideView {
  const upstream = record.settled
    .filter((release) => formatChannel(release.channel) === formatChannel(channel))
    .filter((release) => [architecture, ANY_ARCHITECTURE].includes(release.architecture))
    .toSorted((a, b) => b.releasedAt.getTime() - a.releasedAt.getTime())[0];
  const upstreamRevision = upstream?.revision ?? null;
  return {
    name,
    snapId,
    channel,
    architecture,
    revision,
    upstreamRevision,
    until,
    ...(group !== undefined && { group }),
  };
}
