import { Injectable } from '@nestjs/common';
import type { BroughtComponent, BroughtRevision, SnapTotals } from './snap-contents.js';
import { SnapContentsRepository } from './snap-contents.repository.js';
import type { ListedSnap, SnapFilter, SnapWindow } from './snap-list.js';

/** The list of snaps, and what each of them has, for operators: a page at a time. */
@Injectable()
export class SnapContentsService {
  constructor(private readonly repository: SnapContentsRepository) {}

  /** A part of the list of snaps, in one query. */
  async list(filter: SnapFilter, window: SnapWindow): Promise<ListedSnap[]> {
    return await this.repository.list(filter, window);
  }

  async totals(snapId: string): Promise<SnapTotals> {
    return await this.repository.totals(snapId);
  }

  /** Revisions, the newest first. @param before - only those below this one */
  async revisions(snapId: string, limit: number, before?: number): Promise<BroughtRevision[]> {
    return await this.repository.revisions(snapId, limit, before);
  }

  /** Revisions of components by name, of each the newest first. @param after - the last one before */
  async components(
    snapId: string,
    limit: number,
    after?: { readonly name: string; readonly revision: number },
  ): Promise<BroughtComponent[]> {
    return await this.repository.components(snapId, limit, after);
  }
}
