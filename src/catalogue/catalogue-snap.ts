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

/** Answers remembered for one snap, in addition to one for each release. */
const REMEMBERED_ANSWERS = 8;

/** Views of some devices that are remembered for one snap: mostly cohorts. */
const REMEMBERED_VARIANTS = 16;

/** The read epochs of nearly every revision, shared as one list. */
const EPOCH_0: readonly number[] = [0];

function sharedReads(reads: readonly number[]): readonly number[] {
  return reads.length === 1 && reads[0] === 0 ? EPOCH_0 : reads;
}

/** The view of a snap for some devices. */
export interface SnapView {
  readonly channelMap: ChannelMap;
  /** The revisions on these channels that are not on the snap's own channels. */
  readonly revisions?: ReadonlyMap<number, SnapRevision> | undefined;
  /** When it expires, if that is before the snap does. */
  readonly validUntil?: number | undefined;
}

/** Whether none of its overrides or branches has expired meanwhile. */
export function isInTime({ validUntil }: Pick<CatalogueSnap, 'validUntil'>): boolean {
  return validUntil === undefined || Date.now() < validUntil;
}

function firstOf(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Channel names are few, and each is parsed once. */
const REMEMBERED_CHANNELS = 1_000;
const channels = new LruCache<Channel>(REMEMBERED_CHANNELS);

function channelNamed(name: string): Channel {
  const known = channels.get(name);
  if (known) return known;
  const channel = parseChannel(name);
  channels.set(name, channel);
  return channel;
}

/** A snap as devices request it, with the JSON of answers that were computed. */
export class CatalogueSnap {
  // Copied from the record, because a repeated refresh reads little else.
  readonly snapId: string;
  readonly name: string;
  readonly channelMap: ChannelMap;
  readonly defaultTrack: string | null;
  /** The brand store that owns it; it is hidden from devices of other stores. */
  readonly storeId: string | null;
  /** When the next override or branch expires, in milliseconds. */
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

  /** Its memory, without its answers. */
  get sizeBytes(): number {
    return this.record.sizeBytes;
  }

  get snap(): Snap {
    return this.record.snap;
  }

  /** The releases for all devices, without overrides. */
  get settled(): ChannelMap {
    return this.record.settled;
  }

  get variations(): Variations | undefined {
    return this.record.variations;
  }

  get released(): ReadonlyMap<number, SnapRevision> {
    return this.revisions ?? this.record.released;
  }

  /** Whether {@link released} has a revision, without parsing it. */
  mentions(revision: number): boolean {
    return this.revisions?.has(revision) ?? this.record.mentions(revision);
  }

  /** The components of a revision on a channel; without a channel, the newest. */
  componentsOf(revision: SnapRevision, channel: Channel | undefined): readonly ComponentRevision[] {
    return revision.components ? offeredComponents(revision, this.record.componentReleases, channel) : [];
  }

  /** The same snap in another view. */
  withView({ channelMap, revisions, validUntil }: SnapView): CatalogueSnap {
    const all = revisions ? new Map([...this.released, ...revisions]) : this.revisions;
    return new CatalogueSnap(this.record, this.publisher, { channelMap, revisions: all, validUntil });
  }

  /** The snap in the view of some devices; created once, until the snap changes. */
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
   * The offer of a channel, as the answer of `refresh`; undefined if nothing is released.
   *
   * @throws StoreError `invalid-channel` on an invalid channel name
   */
  offer(architecture: string, channelName: string, choice: FieldChoice): Offer | undefined {
    // Stored by the release, not by the channel's spelling in the request: the spellings are unlimited.
    const release = resolveChannel(this.channelMap, architecture, channelNamed(channelName));
    if (!release) return undefined;
    const known = this.rememberedOffer(release, choice);
    if (known) return known;
    const revision = this.released.get(release.revision ?? 0);
    return revision && this.remember(release, revision, release, choice);
  }

  /** The offer of a release, or of a revision by its number, if it was requested before. */
  rememberedOffer(about: ChannelRelease | number, choice: FieldChoice): Offer | undefined {
    return this.answers?.find(about, choice.mask);
  }

  /** One revision, as the answer of `refresh` to a request by number, without a channel. */
  revisionTemplate(revision: SnapRevision, choice: FieldChoice): JsonTemplate {
    const about = revision.revision;
    const known = this.rememberedOffer(about, choice);
    return (known ?? this.remember(about, revision, undefined, choice)).template;
  }

  /** The answer of `info` for an architecture (empty: none requested); computed once for each choice of fields. */
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
