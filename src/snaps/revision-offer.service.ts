import { Injectable } from '@nestjs/common';
import type { JsonTemplate } from '../common/json-template.js';
import { CatalogueRepository } from './catalogue.repository.js';
import type { CatalogueSnap } from './catalogue-snap.js';
import { ANY_ARCHITECTURE, serves } from './channel/channel-map.js';
import { parseChannel, risksFrom, type Channel } from './channel/channel.js';
import { redirectOf, type AskingDevice } from './channel-offer.service.js';
import type { HistoryBudget } from './history-budget.js';
import type { SnapAction } from './refresh-request.js';
import { offerTemplate, type FieldChoice } from './snap-json.view.js';
import type { SnapRevision } from './snap.js';

/** A revision that was asked for by number, on a channel. */
export interface RevisionOffer {
  readonly template: JsonTemplate;
  /** The channel to track instead of the one asked for: on the snap's default track. */
  readonly redirect?: string | undefined;
}

/**
 * Answers who wants a revision by its number and names a channel as well: the one that the device is to track
 * from then on. What is there is what the channel offers, or once did.
 *
 * @see snapcore/snapd: tests/main/mix-revision-and-channel, tests/main/component-refresh-and-revert
 */
@Injectable()
export class RevisionOffers {
  constructor(private readonly repository: CatalogueRepository) {}

  /**
   * @param channelName - as asked for
   * @param history - what the request may still look up
   * @returns undefined where the revision was never released on the channel, nor on a safer risk of its track
   * @throws StoreError `invalid-channel` where the channel's name is none
   */
  async find(
    entry: CatalogueSnap,
    action: SnapAction,
    channelName: string,
    revision: SnapRevision,
    device: AskingDevice,
    choice: FieldChoice,
    history: HistoryBudget,
  ): Promise<RevisionOffer | undefined> {
    const redirect = redirectOf(entry, action, channelName, device);
    for (const name of redirect === undefined ? [channelName] : [redirect, channelName]) {
      const channel = parseChannel(name);
      const releasedAt = await this.releasedAt(entry, revision.revision, channel, device, history);
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

  private async releasedAt(
    { snapId, channelMap }: CatalogueSnap,
    revision: number,
    channel: Channel,
    { architecture }: AskingDevice,
    history: HistoryBudget,
  ): Promise<Date | undefined> {
    const { track, branch } = channel;
    const risks = risksFrom(channel.risk);
    const current = channelMap.find(
      (release) =>
        release.revision === revision &&
        serves(release, architecture) &&
        release.channel.track === track &&
        risks.includes(release.channel.risk) &&
        [undefined, branch].includes(release.channel.branch),
    );
    if (current) return current.releasedAt;
    history.take();
    return await this.repository.findReleaseTime({
      snapId,
      revision,
      track,
      risks,
      branch: branch ?? '',
      architectures: [architecture, ANY_ARCHITECTURE],
    });
  }
}
