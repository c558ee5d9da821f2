import { Injectable } from '@nestjs/common';
import type { CatalogueSnap } from '../../catalogue/catalogue-snap.js';
import { CatalogueService, type FoundSnaps } from '../../catalogue/catalogue.service.js';
import type { RevisionRef } from '../../catalogue/revision-ref.js';
import type { SnapRevision } from '../../catalogue/snap.js';
import { serves, type ChannelRelease } from '../../channels/channel-map.js';
import { StoreError } from '../../common/errors.js';
import { FairQueue } from '../../common/fair-queue.js';
import { LARGE_REFRESH, LARGE_REFRESH_QUEUE } from '../../common/limits.js';
import { Pacer } from '../../common/pacer.js';
import { DeltaIndexService } from '../../deltas/delta-index.service.js';
import type { Delta } from '../../deltas/delta.js';
import { DeviceCatalogueService } from '../device-catalogue.service.js';
import { AssertionNewsService, type News } from './assertion-news.service.js';
import { ChannelOfferService, runsOn, type RefreshingDevice } from './channel-offer.service.js';
import { CohortsService } from './cohorts.service.js';
import { HistoryBudget } from './history-budget.js';
import type { ContextEntry, RefreshAction, RefreshRequest, SnapAction } from './refresh-request.js';
import { noRevision, notFound, refusedAction, type RefreshResult } from './refresh-result.js';
import { RevisionOfferService, type ReleaseTimes } from './revision-offer.service.js';
import { ValidationPinsService, type Pin, type Pins } from './validation-pins.service.js';

/** The data for a request, read for all of its actions together. */
interface Reading {
  readonly request: RefreshRequest;
  readonly device: RefreshingDevice;
  readonly snaps: FoundSnaps;
  readonly pins: Pins;
  readonly news: News;
  readonly revisionOf: (snapId: string, revision: number) => SnapRevision | undefined;
  readonly releaseTimes: ReleaseTimes;
  readonly history: HistoryBudget;
}

/** Whether it takes so long that other requests may have to wait. */
function isLarge({ actions, validationSets }: RefreshRequest): boolean {
  let parts = validationSets.size;
  for (const action of actions) parts += action.kind === 'fetch-assertions' ? action.assertions.length : 1;
  return parts > LARGE_REFRESH;
}

/** Resolves the requests of devices to install, download and refresh: one result for each action, in order. */
@Injectable()
export class RefreshService {
  private readonly large = new FairQueue(LARGE_REFRESH_QUEUE);

  constructor(
    private readonly catalogue: CatalogueService,
    private readonly assertionNews: AssertionNewsService,
    private readonly offers: ChannelOfferService,
    private readonly revisions: RevisionOfferService,
    private readonly cohorts: CohortsService,
    private readonly devices: DeviceCatalogueService,
    private readonly deltas: DeltaIndexService,
    private readonly validationPins: ValidationPinsService,
  ) {}

  /**
   * @param take - receives the results one by one, so that it can stop the work if they become too large
   * @throws StoreError the errors of `take`; `too-large`, `too-many-requests` or `overloaded` if it requests too much
   */
  async resolve(
    request: RefreshRequest,
    device: RefreshingDevice,
    take: (result: RefreshResult) => void,
  ): Promise<void> {
    const work = async () => await this.resolveAll(request, device, take);
    await (isLarge(request) ? this.large.run(device.address, work) : work());
  }

  private async resolveAll(
    request: RefreshRequest,
    device: RefreshingDevice,
    take: (result: RefreshResult) => void,
  ): Promise<void> {
    const reading = await this.read(request, device);
    const pacer = new Pacer();
    for (const action of request.actions) {
      if (pacer.isDue) await pacer.rest();
      take(await this.resolveAction(action, reading));
    }
  }

  /** At most one query for each type of data, for any number of actions. */
  private async read(request: RefreshRequest, device: RefreshingDevice): Promise<Reading> {
    const { actions, validationSets } = request;
    const [snapIds, names]: [string[], string[]] = [[], []];
    for (const action of actions)
      if (isSnapAction(action)) {
        if (action.snapId !== undefined) snapIds.push(action.snapId);
        else if (action.name !== undefined) names.push(action.name);
      }
    const reading = {
      request,
      device,
      snaps: await this.devices.findEach(snapIds, names, device),
      pins: await this.validationPins.read(validationSets),
      news: await this.assertionNews.read(request, device.session),
      history: new HistoryBudget(),
    };
    return { ...reading, ...(await this.readRevisions(reading)) };
  }

  /** Revisions requested by number: those on no channel, and the past releases for requests with a channel. */
  private async readRevisions(
    reading: Omit<Reading, 'revisionOf' | 'releaseTimes'>,
  ): Promise<Pick<Reading, 'revisionOf' | 'releaseTimes'>> {
    const refs: RevisionRef[] = [];
    const onChannels: RevisionRef[] = [];
    const pacer = new Pacer();
    for (const action of reading.request.actions) {
      if (!isSnapAction(action)) continue;
      if (pacer.isDue) await pacer.rest();
      const entry = entryOf(action, reading);
      if (!entry) continue;
      const revision = pinOf(action, entry, reading);
      if (typeof revision !== 'number') continue;
      const ref = { snapId: entry.snapId, revision };
      if (!entry.mentions(revision)) refs.push(ref);
      if (action.revision !== undefined && action.channel !== undefined) onChannels.push(ref);
    }
    return {
      revisionOf: refs.length === 0 ? () => undefined : await this.catalogue.findRevisions(refs),
      releaseTimes: await this.revisions.read(onChannels),
    };
  }

  private async resolveAction(action: RefreshAction, reading: Reading): Promise<RefreshResult> {
    if (isSnapAction(action)) return await this.resolveSnap(action, reading);
    if (action.kind === 'fetch-assertions') return reading.news(action);
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

  private async resolveSnap(action: SnapAction, reading: Reading): Promise<RefreshResult> {
    const found = entryOf(action, reading);
    if (!found) return notFound(action);
    const entry = found.variations ? await this.devices.seenBy(found, reading.device.session) : found;
    const revision = pinOf(action, entry, reading);
    if (revision === 'conflict')
      return refusedAction(
        action,
        entry,
        'invalid-validation-sets',
        'the validation sets pin different revisions',
      );
    try {
      if (revision !== undefined) return this.pinned(action, revision, entry, reading);
      return await this.released(action, entry, reading);
    } catch (error) {
      if (error instanceof StoreError && error.code === 'invalid-channel')
        return refusedAction(action, entry, error.code, error.message);
      throw error;
    }
  }

  /** The offer of a channel. */
  private async released(
    action: SnapAction,
    entry: CatalogueSnap,
    { request: { context, fields }, device, history }: Reading,
  ): Promise<RefreshResult> {
    const installed = installedOf(action, context);
    const cohortKey = cohortKeyOf(action, installed);
    const seen = cohortKey === undefined ? entry : await this.cohorts.seenIn(entry, cohortKey, history);
    if (!seen) return refusedAction(action, entry, 'invalid-cohort-key', NO_COHORT);
    const offer = await this.offers.find(seen, action, installed, device, fields, history);
    if (offer) {
      const { template, revision, redirect } = offer;
      const delta = this.findDelta(entry, installed, revision, device);
      return { kind: 'snap', action, offer: template, found: { entry: seen, revision }, redirect, delta };
    }
    const channelName = action.channel ?? installed?.trackingChannel ?? 'stable';
    const { architecture } = device;
    return noRevision(action, entry, architecture, `no revision for ${channelName} on ${architecture}`);
  }

  /** A revision by its number: without a channel, unless the device also names one. */
  private pinned(
    action: SnapAction,
    number: number,
    entry: CatalogueSnap,
    { request: { context, fields }, device, revisionOf, releaseTimes }: Reading,
  ): RefreshResult {
    const { architecture } = device;
    const delta = this.findDelta(entry, installedOf(action, context), number, device);
    const result = { kind: 'snap', action, found: { entry, revision: number }, delta } as const;
    const channelName = action.revision === undefined ? undefined : action.channel;
    const isIt = (one: ChannelRelease) => one.revision === number && serves(one, architecture);
    const isOffered = entry.channelMap.some(isIt);
    // A revision on a channel fits its architecture, so it need not be read.
    const known = isOffered && channelName === undefined && entry.rememberedOffer(number, fields);
    if (known) return { ...result, offer: known.template };
    const revision = entry.mentions(number) ? entry.released.get(number) : revisionOf(entry.snapId, number);
    if (!revision || !runsOn(revision, architecture))
      return noRevision(action, entry, architecture, `no revision ${number} for ${architecture}`);
    if (channelName === undefined) return { ...result, offer: entry.revisionTemplate(revision, fields) };
    const offer = this.revisions.find(entry, action, channelName, revision, device, fields, releaseTimes);
    if (offer) return { ...result, offer: offer.template, redirect: offer.redirect };
    return noRevision(action, entry, architecture, `revision ${number} was never released on ${channelName}`);
  }

  private findDelta(
    { snapId }: CatalogueSnap,
    installed: ContextEntry | undefined,
    target: number,
    { acceptsDeltas }: RefreshingDevice,
  ): Delta | undefined {
    if (!acceptsDeltas || installed?.revision === undefined || installed.snapId !== snapId) return undefined;
    return this.deltas.find(snapId, installed.revision, target);
  }
}

function isSnapAction(action: RefreshAction): action is SnapAction {
  return action.kind !== 'fetch-assertions' && action.kind !== 'unknown';
}

/** The snap of an action, if the device may get it. */
function entryOf({ snapId, name }: SnapAction, { snaps }: Pick<Reading, 'snaps'>): CatalogueSnap | undefined {
  return snapId === undefined ? snaps.byName(name ?? '') : snaps.byId(snapId);
}

/** The pinned revision, if the action names validation sets. */
function pinOf(
  { revision, validationSets }: SnapAction,
  { snapId }: CatalogueSnap,
  { pins }: Pick<Reading, 'pins'>,
): Pin {
  return revision ?? (validationSets && pins(validationSets, snapId));
}

const NO_COHORT = 'the cohort key is not from this store, or is for another snap; leave the cohort';

/**
 * An action with a channel is complete: snapd names one for a snap that leaves its cohort.
 * An action without one uses the data of the installed snap.
 *
 * @see snapcore/snapd: overlord/snapstate/storehelpers.go, updateInfo and collectCurrentSnapsAndActions
 */
function cohortKeyOf(action: SnapAction, installed: ContextEntry | undefined): string | undefined {
  return action.cohortKey ?? (action.channel === undefined ? installed?.cohortKey : undefined);
}

/** The installed snap that a refresh replaces. */
function installedOf(
  { kind, instanceKey }: SnapAction,
  context: RefreshRequest['context'],
): ContextEntry | undefined {
  return kind === 'refresh' ? context.get(instanceKey) : undefined;
}
