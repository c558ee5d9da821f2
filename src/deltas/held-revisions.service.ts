import { Injectable } from '@nestjs/common';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { MAX_CHANNEL_LENGTH } from '../channels/channel.js';
import { MAX_HELD_REVISIONS, MAX_HELD_REVISIONS_PER_ADDRESS } from '../common/limits.js';

/** A revision on a device. */
export interface HeldRevision {
  readonly snapId: string;
  readonly revision: number;
  readonly channel: string;
  /** Undefined if unknown. */
  readonly architecture: string | undefined;
}

/** A snap that a device reports. */
interface InstalledSnap {
  readonly snapId: string;
  readonly revision: number | undefined;
  readonly trackingChannel: string | undefined;
}

/**
 * The revisions of devices without a session, from their refreshes since this process started. Only for snaps in the
 * store, and limited for each address: forged revisions evict only earlier ones of the same
 * address.
 */
@Injectable()
export class HeldRevisionsService {
  private readonly held = new Map<string, HeldRevision & { readonly address: string }>();
  private readonly keysOf = new Map<string, Set<string>>();

  constructor(private readonly catalogue: CatalogueService) {}

  /** Few steps for each snap, because every refresh of a device that accepts deltas runs it. */
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

  /** Drops entries of the address with the most. */
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
