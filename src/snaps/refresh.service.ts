import { Injectable } from '@nestjs/common';
import { assertionPath, readAssertionKey } from '../assertions/assertion-path.js';
import { VisibleAssertionsService } from '../assertions/visible-assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { SnapVisibility, type Asking } from '../brand-stores/snap-visibility.service.js';
import { StoreError } from '../common/errors.js';
import type { JsonTemplate } from '../common/json-template.js';
import { CatalogueService } from './catalogue.service.js';
import type { CatalogueSnap } from './catalogue-snap.js';
import { serves, type ChannelRelease } from './channel/channel-map.js';
import { CohortsService } from './cohorts.service.js';
import { ChannelOfferService, runsOn, type AskingDevice } from './channel-offer.service.js';
import { DeltaIndex } from './delta-index.service.js';
import type { Delta } from './delta.js';
import type {
  AssertionQuery,
  ContextEntry,
  FetchAssertionsAction,
  RefreshAction,
  RefreshRequest,
  SnapAction,
} from './refresh-request.js';
import { DeviceViewService } from './device-view.service.js';
import { offerTemplate } from './snap-json.view.js';
import { ValidationPins } from './validation-pins.service.js';

/** What answers an action: a revision, in the fields that were asked for. */
export interface SnapResult {
  readonly kind: 'snap';
  readonly action: SnapAction;
  readonly offer: JsonTemplate;
  /** The channel to track instead of the one asked for. */
  readonly redirect?: string | undefined;
  /** From what the device has. */
  readonly delta?: Delta | undefined;
}

/** Why one action has no revision. The codes are snapd's: store/errors.go, translateSnapActionError. */
export interface ErrorResult {
  readonly kind: 'error';
  readonly instanceKey: string;
  readonly name: string | undefined;
  readonly snapId: string | undefined;
  readonly code: string;
  readonly message: string;
  /** Where the snap is released, for the hint that snapd prints. */
  readonly releases: readonly ChannelRelease[];
}

export interface AssertionsResult {
  readonly kind: 'assertions';
  readonly key: string;
  /** Paths of the assertions that are news to the device. */
  readonly paths: readonly string[];
  readonly missing: readonly AssertionQuery[];
}

export type RefreshResult = SnapResult | ErrorResult | AssertionsResult;

/** Resolves what devices want to install, download and refresh: one result for each action, in order. */
@Injectable()
export class RefreshService {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly assertions: VisibleAssertionsService,
    private readonly offers: ChannelOfferService,
    private readonly visibility: SnapVisibility,
    private readonly cohorts: CohortsService,
    private readonly views: DeviceViewService,
    private readonly deltas: DeltaIndex,
    private readonly pins: ValidationPins,
  ) {}

  async resolve(request: RefreshRequest, device: AskingDevice): Promise<RefreshResult[]> {
    return await Promise.all(request.actions.map((action) => this.resolveAction(action, request, device)));
  }

  private async resolveAction(
    action: RefreshAction,
    request: RefreshRequest,
    device: AskingDevice,
  ): Promise<RefreshResult> {
    switch (action.kind) {
      case 'fetch-assertions':
        return await this.fetchAssertions(action, request, device);
      case 'unknown': {
        const message = `action ${JSON.stringify(action.action)} is not known`;
        return {
          kind: 'error',
          instanceKey: action.instanceKey,
          name: undefined,
          snapId: undefined,
          code: 'invalid-action',
          message,
          releases: [],
        };
      }
      case 'install':
      case 'download':
      case 'refresh':
        return await this.resolveSnap(action, request, device);
    }
  }

  private async resolveSnap(
    action: SnapAction,
    request: RefreshRequest,
    device: AskingDevice,
  ): Promise<RefreshResult> {
    const found = await this.findEntry(action);
    if (!found || !(found.storeId === null || (await this.visibility.sees(found.storeId, device.proven))))
      return notFound(action);
    const entry = found.variations ? await this.views.seenBy(found, device.proven) : found;
    // A set's word is asked for only where there is one: most refreshes have none.
    const sets = action.validationSets;
    const revision = action.revision ?? (sets && (await this.pins.find(sets, entry.snapId)));
    if (revision === 'conflict')
      return refusal(action, entry, 'invalid-validation-sets', 'the validation sets pin different revisions');
    if (revision !== undefined) return await this.pinned(action, revision, entry, request, device);
    return await this.released(action, entry, request, device);
  }

  /** What a channel offers. */
  private async released(
    action: SnapAction,
    entry: CatalogueSnap,
    { context, fields }: RefreshRequest,
    device: AskingDevice,
  ): Promise<RefreshResult> {
    const installed = installedOf(action, context);
    try {
      const cohortKey = cohortKeyOf(action, installed);
      const seen = cohortKey === undefined ? entry : await this.cohorts.seenIn(entry, cohortKey);
      if (!seen) return refusal(action, entry, 'invalid-cohort-key', NO_COHORT);
      const offer = await this.offers.find(seen, action, installed, device, fields);
      if (offer) {
        const { template, revision, redirect } = offer;
        const delta = this.findDelta(entry, installed, revision, device);
        return { kind: 'snap', action, offer: template, redirect, delta };
      }
    } catch (error) {
      if (error instanceof StoreError && error.code === 'invalid-channel')
        return refusal(action, entry, error.code, error.message);
      throw error;
    }
    const channelName = action.channel ?? installed?.trackingChannel ?? 'stable';
    const { architecture } = device;
    return noRevision(action, entry, architecture, `no revision for ${channelName} on ${architecture}`);
  }

  private async findEntry(action: SnapAction): Promise<CatalogueSnap | undefined> {
    if (action.snapId !== undefined) return await this.catalogue.findById(action.snapId);
    return action.name === undefined ? undefined : await this.catalogue.findByName(action.name);
  }

  private async pinned(
    action: SnapAction,
    number: number,
    entry: CatalogueSnap,
    { context, fields }: RefreshRequest,
    device: AskingDevice,
  ): Promise<RefreshResult> {
    const { architecture } = device;
    const revision = await this.catalogue.findRevision(entry, number);
    if (!revision || !runsOn(revision, architecture)) {
      return noRevision(action, entry, architecture, `no revision ${number} for ${architecture}`);
    }
    const release = entry.channelMap.find(
      (candidate) => candidate.revision === number && serves(candidate, architecture),
    );
    const delta = this.findDelta(entry, installedOf(action, context), number, device);
    return { kind: 'snap', action, offer: offerTemplate(entry, revision, release, fields), delta };
  }

  private findDelta(
    { snapId }: CatalogueSnap,
    installed: ContextEntry | undefined,
    target: number,
    { acceptsDeltas }: AskingDevice,
  ): Delta | undefined {
    if (!acceptsDeltas || installed?.revision === undefined || installed.snapId !== snapId) return undefined;
    return this.deltas.find(snapId, installed.revision, target);
  }

  private async fetchAssertions(
    action: FetchAssertionsAction,
    request: RefreshRequest,
    { proven }: AskingDevice,
  ): Promise<AssertionsResult> {
    const paths: string[] = [];
    const missing: AssertionQuery[] = [];
    for (const query of action.assertions) {
      const maxFormat = request.maxFormats.get(query.type) ?? 0;
      const found = await this.findAssertion(query, maxFormat, proven);
      if (!found) {
        // A device may hold what this store never had: there is nothing newer then, and its refresh must go on.
        if (query.ifNewerThan === undefined) missing.push(query);
      } else if (isNews(found, query)) {
        paths.push(`${assertionPath(found.type, found.primaryKey)}?max-format=${maxFormat}`);
      }
    }
    return { kind: 'assertions', key: action.key, paths, missing };
  }

  private async findAssertion(
    query: AssertionQuery,
    maxFormat: number,
    device: Asking,
  ): Promise<Assertion | undefined> {
    try {
      const { type, key, isSequenceKey } = readAssertionKey(
        query.type,
        query.primaryKey ?? query.sequenceKey ?? [],
      );
      if (!isSequenceKey)
        return query.primaryKey ? await this.assertions.find(type.name, key, maxFormat, device) : undefined;
      return await this.assertions.findInSequence(type.name, key, query.sequence ?? 'latest', maxFormat);
    } catch (error) {
      if (error instanceof StoreError && (error.code === 'not-found' || error.code === 'invalid-request'))
        return undefined;
      throw error;
    }
  }
}

const NO_COHORT = 'this cohort key is not of this store, or of another snap: leave the cohort';

/**
 * An action that names a channel says all that it wants: snapd names one for a snap that leaves its cohort.
 * One that names none follows what the device has.
 *
 * @see snapcore/snapd: overlord/snapstate/storehelpers.go, updateInfo and collectCurrentSnapsAndActions
 */
function cohortKeyOf(action: SnapAction, installed: ContextEntry | undefined): string | undefined {
  return action.cohortKey ?? (action.channel === undefined ? installed?.cohortKey : undefined);
}

/** What a refresh is to replace. */
function installedOf(
  { kind, instanceKey }: SnapAction,
  context: RefreshRequest['context'],
): ContextEntry | undefined {
  return kind === 'refresh' ? context.get(instanceKey) : undefined;
}

/** Whether the device lacks it: a later point of a sequence always is news, the same one needs a higher revision. */
function isNews(found: Assertion, query: AssertionQuery): boolean {
  if (query.sequenceKey && query.ifSequenceEqualOrNewerThan !== undefined) {
    const point = Number(found.primaryKey.at(-1));
    if (point !== query.ifSequenceEqualOrNewerThan) return point > query.ifSequenceEqualOrNewerThan;
  }
  return query.ifNewerThan === undefined || found.assertionRevision > query.ifNewerThan;
}

function refusal(
  action: SnapAction,
  entry: CatalogueSnap | undefined,
  code: string,
  message: string,
  releases: readonly ChannelRelease[] = [],
): ErrorResult {
  return {
    kind: 'error',
    instanceKey: action.instanceKey,
    name: entry?.name ?? action.name,
    snapId: entry?.snapId ?? action.snapId,
    code,
    message,
    releases,
  };
}

function notFound(action: SnapAction): ErrorResult {
  return action.snapId === undefined
    ? refusal(
        action,
        undefined,
        'name-not-found',
        `no snap named ${JSON.stringify(action.name ?? '')} in this store`,
      )
    : refusal(
        action,
        undefined,
        'id-not-found',
        `no snap with id ${JSON.stringify(action.snapId)} in this store`,
      );
}

/** Where else the snap is; what serves every device is named as the device's own, or snapd calls it another architecture. */
function noRevision(
  action: SnapAction,
  entry: CatalogueSnap,
  architecture: string,
  message: string,
): ErrorResult {
  const open = entry.channelMap
    .filter(({ revision }) => revision !== null)
    .map((release) => (serves(release, architecture) ? { ...release, architecture } : release));
  return refusal(action, entry, 'revision-not-found', message, open);
}
