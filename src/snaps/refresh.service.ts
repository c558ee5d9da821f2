import { Injectable } from '@nestjs/common';
import { SnapVisibility } from '../brand-stores/snap-visibility.service.js';
import { StoreError } from '../common/errors.js';
import { AssertionNews } from './assertion-news.service.js';
import { CatalogueService } from './catalogue.service.js';
import type { CatalogueSnap } from './catalogue-snap.js';
import { serves } from './channel/channel-map.js';
import { CohortsService } from './cohorts.service.js';
import { ChannelOfferService, runsOn, type AskingDevice } from './channel-offer.service.js';
import { DeltaIndex } from './delta-index.service.js';
import type { Delta } from './delta.js';
import type { ContextEntry, RefreshAction, RefreshRequest, SnapAction } from './refresh-request.js';
import { noRevision, notFound, refusal, type RefreshResult } from './refresh-result.js';
import { DeviceViewService } from './device-view.service.js';
import { offerTemplate } from './snap-json.view.js';
import { ValidationPins } from './validation-pins.service.js';

/** Resolves what devices want to install, download and refresh: one result for each action, in order. */
@Injectable()
export class RefreshService {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly news: AssertionNews,
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
        return await this.news.find(action, request, device.proven);
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
