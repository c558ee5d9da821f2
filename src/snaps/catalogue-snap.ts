import type { JsonTemplate } from '../common/json-template.js';
import { resolveChannel } from './channel/channel-map.js';
import { parseChannel } from './channel/channel.js';
import type { Publisher, Snap, SnapRevision } from './snap.js';
import { offerTemplate, type FieldChoice } from './snap-json.view.js';
import type { SnapRecord } from './snap-record.js';
import type { ChannelMap } from './channel/channel-map.js';
import type { Variations } from './channel/rollout.js';

/** Answers remembered for one snap, besides one for each release. */
const REMEMBERED_ANSWERS = 8;

/** Of one snap, views of some devices that are remembered: cohorts, mostly. */
const REMEMBERED_VARIANTS = 16;

/** What a channel offers. */
export interface Offer {
  readonly template: JsonTemplate;
  readonly revision: number;
  /** The generations of data that the revision reads: of its epoch. */
  readonly reads: readonly number[];
}

/** An answer that was made once: what `refresh` offers on a channel, or an architecture's `info`. */
interface RememberedAnswer extends Offer {
  readonly architecture: string;
  /** As the device wrote it; undefined for `info`. */
  readonly channelName: string | undefined;
  readonly choice: FieldChoice;
}

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

const NONE: readonly RememberedAnswer[] = [];

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
  /** Few for each snap, and looked through in order: a map would take more memory than they do. */
  private readonly revisions: ReadonlyMap<number, SnapRevision> | undefined;
  private answers = NONE;
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

  get snap(): Snap {
    return this.record.snap;
  }

  get variations(): Variations | undefined {
    return this.record.variations;
  }

  get released(): ReadonlyMap<number, SnapRevision> {
    return this.revisions ?? this.record.released;
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
    return this.remembered(architecture, channelName, choice, () => {
      const release = resolveChannel(this.channelMap, architecture, parseChannel(channelName));
      const revision = release && this.released.get(release.revision ?? 0);
      if (!revision) return undefined;
      const template = offerTemplate(this, revision, release, choice);
      return { template, revision: revision.revision, reads: sharedReads(revision.epoch.read) };
    });
  }

  /** What `info` answers to devices of an architecture; made once for each choice of fields. */
  infoTemplate(architecture: string, choice: FieldChoice, make: () => JsonTemplate): JsonTemplate {
    return this.remembered(architecture, undefined, choice, () => ({
      template: make(),
      revision: 0,
      reads: EPOCH_0,
    })).template;
  }

  private remembered<T extends Offer | undefined>(
    architecture: string,
    channelName: string | undefined,
    choice: FieldChoice,
    make: () => T,
  ): Offer | T {
    for (const known of this.answers) {
      const isSame = known.choice === choice && known.channelName === channelName;
      if (isSame && known.architecture === architecture) return known;
    }
    const made = make();
    if (!made) return made;
    // Full of what nobody asks for any more, most likely: an upgraded snapd asks for other fields.
    const kept = this.answers.length < REMEMBERED_ANSWERS + this.channelMap.length ? this.answers : NONE;
    this.answers = [...kept, { architecture, channelName, choice, ...made }];
    return made;
  }
}
