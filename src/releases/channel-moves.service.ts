import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChannelsService } from '../catalogue/channels.service.js';
import type { Channel } from '../channels/channel.js';
import { historyOf } from '../channels/release-history.js';
import { isProgressive } from '../channels/rollout.js';
import { checkSpread, type WantedSpread } from './release-checks.js';
import type { OpenedSnap, ReleaseOutcome } from './release-outcome.js';
import { endInForce, isAt, openRevision, timeAfter } from './release-state.js';

/** A new state of a channel of one architecture. */
export interface WantedMove {
  readonly channel: Channel;
  readonly architecture: string;
  /** null closes the channel. */
  readonly revision: number | null;
  /** When the branch expires; undefined if it keeps its expiry. */
  readonly until: Date | 'never' | undefined;
}

/** Moves one channel of one architecture, within the caller's transaction. */
@Injectable()
export class ChannelMovesService {
  constructor(private readonly channels: ChannelsService) {}

  /** Adds a row for a progressive release, unless it has this percentage already. */
  async spread(
    tx: EntityManager,
    { name, snapId, history }: OpenedSnap,
    wanted: WantedSpread,
  ): Promise<ReleaseOutcome> {
    const { channel, architecture, revision, percentage } = wanted;
    const there = history.filter((release) => isAt(release, channel));
    const own = there.filter((release) => release.architecture === architecture);
    const from = checkSpread(name, own, wanted);
    const row = { architecture, channel, revision, releasedAt: timeAfter(there), percentage };
    const [before] = own;
    // It expires with its branch.
    const until = endInForce(before);
    const isChange = before?.percentage !== percentage;
    if (isChange) await this.channels.release(tx, snapId, row, until);
    const ended = before && isProgressive(before) ? { ended: before } : {};
    return {
      channel,
      architecture,
      from,
      to: revision,
      percentage,
      until,
      untilBefore: until,
      ...ended,
      isChange,
    };
  }

  /** Adds a row, unless nothing changes. A branch keeps its expiry, unless another one is requested. */
  async move(
    tx: EntityManager,
    { snapId, history }: OpenedSnap,
    { channel, architecture, revision, until: wantedEnd }: WantedMove,
  ): Promise<ReleaseOutcome> {
    const there = history.filter((release) => isAt(release, channel));
    const [current] = historyOf(there, architecture);
    const untilBefore = endInForce(current);
    const until = revision === null || wantedEnd === 'never' ? undefined : (wantedEnd ?? untilBefore);
    const isSo =
      current?.architecture === architecture &&
      !isProgressive(current) &&
      current.revision === revision &&
      current.expiresAt?.getTime() === until?.getTime() &&
      there.every(({ releasedAt }) => releasedAt <= current.releasedAt);
    const releasedAt = timeAfter(there);
    if (!isSo)
      await this.channels.release(tx, snapId, { architecture, channel, revision, releasedAt }, until);
    return {
      channel,
      architecture,
      from: openRevision(there, architecture),
      to: revision,
      until,
      untilBefore,
      ...(current && isProgressive(current) && { ended: current }),
      isChange: !isSo,
    };
  }
}
