import { Injectable } from '@nestjs/common';
import type { CatalogueSnap } from '../../catalogue/catalogue-snap.js';
import { ChannelsService } from '../../catalogue/channels.service.js';
import type { ReleaseTime } from '../../catalogue/release-record.js';
import { revisionKey, type RevisionRef } from '../../catalogue/revision-ref.js';
import { offerTemplate, type FieldChoice } from '../../catalogue/snap-json.view.js';
import type { SnapRevision } from '../../catalogue/snap.js';
import { ANY_ARCHITECTURE, serves } from '../../channels/channel-map.js';
import { parseChannel, risksFrom, type Channel } from '../../channels/channel.js';
import { groupBy } from '../../common/group-by.js';
import type { JsonTemplate } from '../../common/http/json-template.js';
import { redirectOf, type RefreshingDevice } from './channel-offer.service.js';
import type { SnapAction } from './refresh-request.js';

/** A revision that was requested by number, on a channel. */
export interface RevisionOffer {
  readonly template: JsonTemplate;
  /** The channel to track instead of the requested one: on the snap's default track. */
  readonly redirect?: string | undefined;
}

/** The past releases of the revisions of one request. */
export type ReleaseTimes = (ref: RevisionRef) => readonly ReleaseTime[];

/**
 * Answers requests for a revision by its number with a channel, which the device tracks from then on. The revision is
 * found if the channel offers it, or ever did.
 *
 * @see snapcore/snapd: tests/main/mix-revision-and-channel, tests/main/component-refresh-and-revert
 */
@Injectable()
export class RevisionOfferService {
  constructor(private readonly channels: ChannelsService) {}

  /** Reads the data for {@link find} of all revisions of a request in one query. */
  async read(refs: readonly RevisionRef[]): Promise<ReleaseTimes> {
    if (refs.length === 0) return () => [];
    const times = groupBy(await this.channels.releaseTimes(refs), revisionKey);
    return (ref) => times.get(revisionKey(ref)) ?? [];
  }

  /**
   * @param channelName - as requested
   * @param times - for all revisions of the request
   * @returns undefined if the revision was never released on the channel or on a safer risk of its track
   * @throws StoreError `invalid-channel` on an invalid channel name
   */
  find(
    entry: CatalogueSnap,
    action: SnapAction,
    channelName: string,
    revision: SnapRevision,
    device: RefreshingDevice,
    choice: FieldChoice,
    times: ReleaseTimes,
  ): RevisionOffer | undefined {
    const redirect = redirectOf(entry, action, channelName, device);
    for (const name of redirect === undefined ? [channelName] : [redirect, channelName]) {
      const channel = parseChannel(name);
      const releasedAt = lastReleased(entry, revision.revision, channel, device, times);
      if (!releasedAt) continue;
      const { architecture } = device;
      const release = { architecture, channel, revision: revision.revision, releasedAt };
      return {
        template: offerTemplate(entry, revision, release, choice),
        redirect: name === redirect ? redirect : undefined,
      };
    }
    return undefined;
  }
}

/** When a revision was released to a channel, or to a safer risk of its track, now or earlier. */
function lastReleased(
  { snapId, channelMap }: CatalogueSnap,
  revision: number,
  { track, risk, branch }: Channel,
  { architecture }: RefreshingDevice,
  times: ReleaseTimes,
): Date | undefined {
  const risks: readonly string[] = risksFrom(risk);
  const current = channelMap.find(
    (release) =>
      release.revision === revision &&
      serves(release, architecture) &&
      release.channel.track === track &&
      risks.includes(release.channel.risk) &&
      [undefined, branch].includes(release.channel.branch),
  );
  if (current) return current.releasedAt;
  const past = times({ snapId, revision }).filter(
    (time) =>
      [architecture, ANY_ARCHITECTURE].includes(time.architecture) &&
      time.track === track &&
      risks.includes(time.risk) &&
      ['', branch].includes(time.branch),
  );
  return past.length === 0 ? undefined : new Date(Math.max(...past.map(({ at }) => at.getTime())));
}
