import { resolveChannel, type ChannelMap, type ChannelRelease } from '../channels/channel-map.js';
import { parseChannel, type Channel } from '../channels/channel.js';
import type { Variations } from '../channels/rollout.js';
import type { JsonTemplate } from '../common/http/json-template.js';
import { LruCache } from '../common/lru-cache.js';
import { ANSWERS, SnapAnswers, type Offer, type RememberedAnswer } from './answer-memory.js';
import { offeredComponents } from './component-offer.js';
import type { ComponentRevision } from './component.js';
import { offerTemplate, type FieldChoice } from './snap-json.view.js';
import type { SnapRecord } from './snap-record.js';
import type { Publisher, Snap, SnapRevision } from './snap.js';

/** Answers remembered for one snap, besides one for each release. */
const REMEMBERED_ANSWERS = 8;

/** Of one snap, views of some devices that are remembered: cohorts, mostly. */
const REMEMBERED_VARIANTS = 16;

/** Of nearly every revision; one list for all of them. */
const EPOCH_0: readonly number[] = [0];

function sharedReads(reads: readonly number[]): readonly number[] {
  return reads.length === 1 && reads[0] === 0 ? EPOCH_0 : reads;
}

/** What some devices see of a snap that others do not. */
export interface SnapView {
  readonly channelMap: ChannelMap;
  /** Those that the channels point at, where the snap's own do not point at them. */
  readonly revisions?: ReadonlyMap<number, SnapRevision> | undefined;
  /** When it is out of date, if that is before the snap itself is. */
  readonly validUntil?: number | undefined;
}

/** Whether nothing has ended meanwhile that it shows. */
export function isInTime({ validUntil }: Pick<CatalogueSnap, 'validUntil'>): boolean {
  return validUntil === undefined || Date.now() < validUntil;
}

function firstOf(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Names of channels are few, and each is read once. */
const REMEMBERED_CHANNELS = 1_000;
const channels = new LruCache<Channel>(REMEMBERED_CHANNELS);

function channelNamed(name: string): Channel {
  const known = channels.get(name);
  if (known) return known;
  const channel = parseChannel(name);
  channels.set(name, channel);
  return channel;
}

/** A snap as devices ask for it, with the JSON of its answers once it was made. */
export class CatalogueSnap {
  // Copied from the record: a refresh that was answered before touches little else.
  readonly snapId: string;
  readonly name: string;
  readonly channelMap: ChannelMap;
  readonly defaultTrack: string | null;
  /** The brand store that owns it: for devices of others it is not there. */
  readonly storeId: string | null;
  /** When an override or a branch ends, in milliseconds: this is out of date then. */
  readonly validUntil: number | undefined;
  private readonly revisions: ReadonlyMap<number, SnapRevision> | undefined;
  private answers: SnapAnswers | undefined;
  private variants: Map<string, Promise<CatalogueSnap>> | undefined;

  constructor(
    private readonly record: SnapRecord,
    readonly publisher: Publisher,
    view: Partial<SnapView> = {},
  ) {
    this.snapId = record.snapId;
    this.name = record.name;
    this.channelMap = view.channelMap ?? record.channelMap;
    this.revisions = view.revisions;
    this.defaultTrack = record.defaultTrack;
    this.storeId = record.storeId;
    this.validUntil = firstOf(record.validUntil, view.validUntil);
  }

  /** What it takes in memory, without the answers made of it. */
  get sizeBytes(): number {
    return this.record.sizeBytes;
  }

  get snap(): Snap {
    return this.record.snap;
  }

  /** What all devices would get without overrides. */
  get settled(): ChannelMap {
    return this.record.settled;
  }

  get variations(): Variations | undefined {
    return this.record.variations;
  }

  get released(): ReadonlyMap<number, SnapRevision> {
    return this.revisions ?? this.record.released;
  }

  /** Whether {@link released} has a revision, without reading what is known of it. */
  mentions(revision: number): boolean {
    return this.revisions?.has(revision) ?? this.record.mentions(revision);
  }

  /** The components that go with a revision on a channel; without one, the newest. */
  componentsOf(revision: SnapRevision, channel: Channel | undefined): readonly ComponentRevision[] {
    return revision.components ? offeredComponents(revision, this.record.componentReleases, channel) : [];
  }

  /** The same snap, seen otherwise. */
  withView({ channelMap, revisions, validUntil }: SnapView): CatalogueSnap {
    const all = revisions ? new Map([...this.released, ...revisions]) : this.revisions;
    return new CatalogueSnap(this.record, this.publisher, { channelMap, revisions: all, validUntil });
  }

  /** How some devices see the snap; made once, as long as nothing of the snap changes. */
  async variant(key: string, make: () => Promise<CatalogueSnap>): Promise<CatalogueSnap> {
    const known = await this.variants?.get(key);
    if (known && isInTime(known)) return known;
    if (!this.variants || this.variants.size >= REMEMBERED_VARIANTS) this.variants = new Map();
    const { variants } = this;
    const making = make();
    variants.set(key, making);
    making.catch(() => variants.delete(key));
    return await making;
  }

  /**
   * What a channel offers, as `refresh` answers it; undefined where nothing is released.
   *
   * @throws StoreError `invalid-channel` where the name is none
   */
  offer(architecture: string, channelName: string, choice: FieldChoice): Offer | undefined {
    // By the release that was found, however a device spells the channel: some spellings are without end.
    const release = resolveChannel(this.channelMap, architecture, channelNamed(channelName));
    if (!release) return undefined;
    const known = this.rememberedOffer(release, choice);
    if (known) return known;
    const revision = this.released.get(release.revision ?? 0);
    return revision && this.remember(release, revision, release, choice);
  }

  /** What a release, or a revision by its number, offers, where that was asked for before. */
  rememberedOffer(about: ChannelRelease | number, choice: FieldChoice): Offer | undefined {
    return this.answers?.find(about, choice.mask);
  }

  /** One revision, as `refresh` answers it to who asks for its number alone: of no channel. */
  revisionTemplate(revision: SnapRevision, choice: FieldChoice): JsonTemplate {
    const about = revision.revision;
    const known = this.rememberedOffer(about, choice);
    return (known ?? this.remember(about, revision, undefined, choice)).template;
  }

  /** What `info` answers to devices of an architecture (empty: to who names none); made once for each choice of fields. */
  infoTemplate(architecture: string, choice: FieldChoice, make: () => JsonTemplate): JsonTemplate {
    const known = this.answers?.find(architecture, choice.mask);
    if (known) return known.template;
    const template = make();
    this.keep({ about: architecture, fields: choice.mask, template, revision: 0, reads: EPOCH_0 });
    return template;
  }

  private remember(
    about: ChannelRelease | number,
    revision: SnapRevision,
    release: ChannelRelease | undefined,
    choice: FieldChoice,
  ): RememberedAnswer {
    return this.keep({
      about,
      fields: choice.mask,
      template: offerTemplate(this, revision, release, choice),
      revision: revision.revision,
      reads: sharedReads(revision.epoch.read),
    });
  }

  private keep(answer: RememberedAnswer): RememberedAnswer {
    this.answers ??= new SnapAnswers(ANSWERS);
    this.answers.keep(answer, REMEMBERED_ANSWERS + this.channelMap.length);
    return answer;
  }
}
