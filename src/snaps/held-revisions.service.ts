import { Injectable } from '@nestjs/common';
import type { ContextEntry } from './refresh-request.js';

/** Different revisions that are remembered; of more, those that were first noted are forgotten. */
export const MAX_HELD_REVISIONS = 20_000;

/** snapd's own limits are far lower; longer names are made up. */
const MAX_NAME_CHARACTERS = 128;

/** A revision that some device has. */
export interface HeldRevision {
  readonly snapId: string;
  readonly revision: number;
  readonly channel: string;
  /** Undefined where it is not known. */
  readonly architecture: string | undefined;
}

/** Which revisions devices without a session have, as their refreshes said since this process started. */
@Injectable()
export class HeldRevisions {
  private readonly held = new Map<string, HeldRevision>();

  /** Few steps for each snap: it is on the way of every refresh of a device that takes deltas. */
  note(context: ReadonlyMap<string, ContextEntry>, architecture: string): void {
    for (const { snapId, revision = 0, trackingChannel: channel = 'stable' } of context.values()) {
      if (revision < 1 || snapId.length > MAX_NAME_CHARACTERS || channel.length > MAX_NAME_CHARACTERS)
        continue;
      const key = `${snapId} ${revision} ${channel} ${architecture}`;
      if (!this.held.has(key)) this.add(key, { snapId, revision, channel, architecture });
    }
  }

  list(): HeldRevision[] {
    return [...this.held.values()];
  }

  private add(key: string, held: HeldRevision): void {
    this.held.set(key, held);
    if (this.held.size <= MAX_HELD_REVISIONS) return;
    for (const oldest of this.held.keys()) {
      this.held.delete(oldest);
      return;
    }
  }
}
