import { Injectable } from '@nestjs/common';
import { SnapVisibility, type Asking } from '../brand-stores/snap-visibility.service.js';
import type { SequencePoint } from './assertions.repository.js';
import { AssertionsService } from './assertions.service.js';
import type { Assertion } from './format/assertion.js';

/** The types that are about one snap, which their header `snap-id` names. */
const SNAP_TYPES = new Set([
  'snap-build',
  'snap-declaration',
  'snap-developer',
  'snap-resource-pair',
  'snap-resource-revision',
  'snap-revision',
  'validation',
]);

/** Whether assertions of a type are only for devices that their snap exists for. */
export function isAboutSnap(typeName: string): boolean {
  return SNAP_TYPES.has(typeName);
}

/** The signed documents that a device gets: those about a snap of a brand store are for its devices alone. */
@Injectable()
export class VisibleAssertionsService {
  constructor(
    private readonly assertions: AssertionsService,
    private readonly visibility: SnapVisibility,
  ) {}

  /** As {@link AssertionsService.find}; undefined also where the device may not know of it. */
  async find(
    type: string,
    primaryKey: readonly string[],
    maxFormat: number | undefined,
    device: Asking,
  ): Promise<Assertion | undefined> {
    const found = await this.assertions.find(type, primaryKey, maxFormat);
    return found && (await this.isVisible(found, device)) ? found : undefined;
  }

  /** As {@link AssertionsService.findInSequence}: no sequence is about one snap. */
  async findInSequence(
    type: string,
    sequenceKey: readonly string[],
    point: SequencePoint,
    maxFormat: number | undefined,
  ): Promise<Assertion | undefined> {
    return await this.assertions.findInSequence(type, sequenceKey, point, maxFormat);
  }

  private async isVisible({ type, headers }: Assertion, device: Asking): Promise<boolean> {
    const snapId = headers['snap-id'];
    if (!isAboutSnap(type.name) || typeof snapId !== 'string') return true;
    return await this.visibility.isVisible(snapId, device);
  }
}
