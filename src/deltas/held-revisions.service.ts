import { Injectable } from '@nestjs/common';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { MAX_CHANNEL_LENGTH } from '../channels/channel.js';
import { MAX_HELD_REVISIONS, MAX_HELD_REVISIONS_PER_ADDRESS } from '../common/limits.js';

/** A revision that some device has. */
export interface HeldRevision {
  readonly snapId: string;
  readonly revision: number;
  readonly channel: string;
  /** Undefined where it is not known. */
  readonly architecture: string | undefined;
}

/** A snap that a device has, as far as it says so. */
interface InstalledSnap {
  readonly snapId: string;
  readonly revision: number | undefined;
  readonly trackingChannel: string | undefined;
}

/**
 * Which revisions devices without a session have, as their refreshes said since this process started. Only of snaps
 * that are here, and of each address no more than a share: what one makes up pushes out what it said before, and
 * nothing of others.
 */
@Injectable()
export class HeldRevisionsService {
  private readonly held = new Map<string, HeldRevision & { readonly address: string }>();
  private readonly keysOf = new Map<string, Set<string>>();

  constructor(private readonly catalogue: CatalogueService) {}

  /** Few steps for each snap: it is on the way of every refresh of a device that takes deltas. */
  note(context: ReadonlyMap<string, InstalledSnap>, architecture: string, address: string): void {
    for (const { snapId, revision = 0, trackingChannel: channel = 'stable' } of context.values()) {
      if (revision < 1 || channel.length > MAX_CHANNEL_LENGTH) continue;
      const key = `${snapId} ${revision} ${channel} ${architecture}`;
      if (!this.held.has(key) && this.catalogue.peek(snapId))
        this.add(key, { snapId, revision, channel, architecture, address });
    }
  }

  list(): HeldRevision[] {
    return [...this.held.values()];
  }

  private add(key: string, held: HeldRevision & { readonly address: string }): void {
    const { address } = held;
    const keys = this.keysOf.get(address) ?? new Set();
    this.keysOf.set(address, keys.add(key));
    this.held.set(key, held);
    if (keys.size > MAX_HELD_REVISIONS_PER_ADDRESS) this.dropOldest(address, keys);
    if (this.held.size > MAX_HELD_REVISIONS) this.makeRoom();
  }

  /** Whoever has said most gives way. */
  private makeRoom(): void {
    let [longest, most] = ['', new Set<string>()];
    for (const [address, keys] of this.keysOf) if (keys.size > most.size) [longest, most] = [address, keys];
    this.dropOldest(longest, most);
  }

  private dropOldest(address: string, keys: Set<string>): void {
    for (const oldest of keys) {
      keys.delete(oldest);
      this.held.delete(oldest);
      break;
    }
    if (keys.size === 0) this.keysOf.delete(address);
  }
}
