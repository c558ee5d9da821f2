import { Injectable } from '@nestjs/common';
import type { DeviceSession } from '../../brand-stores/device-session.js';
import { OURSELVES } from '../../catalogue/asker.js';
import { CatalogueService } from '../../catalogue/catalogue.service.js';
import { FieldChoice } from '../../catalogue/snap-json.view.js';
import { MAX_REFRESH_HISTORIES } from '../../common/limits.js';
import type { RunningSnap } from '../../devices/sighting.js';
import type { ContextEntry, RefreshRequest, SnapAction } from '../refresh/refresh-request.js';
import { RefreshService } from '../refresh/refresh.service.js';

/** So many that each of them may need the history. */
const SNAPS_AT_ONCE = MAX_REFRESH_HISTORIES;

const REVISION = FieldChoice.of(['revision']);

/** A device that is not here: what is known of it. */
export interface AbsentDevice {
  /** Undefined: any device that is treated like all others. */
  readonly session: DeviceSession | undefined;
  readonly architecture: string;
}

/** What devices would get if they asked now: the answers to refreshes that nobody sent. */
@Injectable()
export class DeviceOffersService {
  constructor(
    private readonly refreshes: RefreshService,
    private readonly catalogue: CatalogueService,
  ) {}

  /**
   * The revision of each snap that a device would get. Its validation sets and cohorts are not known here.
   *
   * @returns in the order of the snaps; undefined where it would get none
   */
  async find(
    { session, architecture }: AbsentDevice,
    snaps: readonly RunningSnap[],
  ): Promise<(number | undefined)[]> {
    const device = {
      session,
      address: OURSELVES.address,
      architecture,
      followsDefaultTracks: false,
      acceptsDeltas: false,
    };
    const offered: (number | undefined)[] = [];
    for (let at = 0; at < snaps.length; at += SNAPS_AT_ONCE) {
      const request = await this.requestOf(snaps.slice(at, at + SNAPS_AT_ONCE));
      await this.refreshes.resolve(request, device, (result) =>
        offered.push(result.kind === 'snap' ? result.found.revision : undefined),
      );
    }
    return offered;
  }

  /** The refresh that a device would send. It also sends the epochs, which are read from what the store holds. */
  private async requestOf(snaps: readonly RunningSnap[]): Promise<RefreshRequest> {
    const held = await this.catalogue.findRevisions(
      snaps.map(({ 'snap-id': snapId, revision }) => ({ snapId, revision })),
    );
    const entries = snaps.map(({ 'snap-id': snapId, revision, channel }, index): ContextEntry => {
      const writes = held(snapId, revision)?.epoch.write;
      return {
        instanceKey: String(index),
        snapId,
        trackingChannel: channel,
        revision,
        writes,
        cohortKey: undefined,
      };
    });
    return {
      context: new Map(entries.map((entry) => [entry.instanceKey, entry])),
      actions: entries.map(refreshOf),
      fields: REVISION,
      maxFormats: new Map(),
      validationSets: new Map(),
    };
  }
}

function refreshOf({ instanceKey, snapId }: ContextEntry): SnapAction {
  return {
    kind: 'refresh',
    instanceKey,
    snapId,
    name: undefined,
    channel: undefined,
    revision: undefined,
    writes: undefined,
    cohortKey: undefined,
    validationSets: undefined,
  };
}
