import { Injectable } from '@nestjs/common';
import type { AssertionHead, WantedAssertion } from '../../assertions/assertion-memory.js';
import type { SequencePoint } from '../../assertions/assertion-place.js';
import { AssertionsService } from '../../assertions/assertions.service.js';
import type { Assertion } from '../../assertions/format/assertion.js';
import { assertionType } from '../../assertions/format/registry.js';
import type { DeviceSession } from '../../brand-stores/device-session.js';
import { SnapVisibilityService } from '../../brand-stores/snap-visibility.service.js';

/** The types about one snap, which their header `snap-id` names. */
const SNAP_TYPES = new Set([
  'snap-build',
  'snap-declaration',
  'snap-developer',
  'snap-resource-pair',
  'snap-resource-revision',
  'snap-revision',
  'validation',
]);

/** Whether assertions of a type are only for devices that can see their snap. */
export function isAboutSnap(typeName: string): boolean {
  return SNAP_TYPES.has(typeName);
}

/** The signed documents that a device can get. Those about a snap of a brand store are only for its devices. */
@Injectable()
export class VisibleAssertionsService {
  constructor(
    private readonly assertions: AssertionsService,
    private readonly visibility: SnapVisibilityService,
  ) {}

  /** As {@link AssertionsService.find}; also undefined if it is hidden from the device. */
  async find(
    type: string,
    primaryKey: readonly string[],
    maxFormat: number | undefined,
    session: DeviceSession | undefined,
  ): Promise<Assertion | undefined> {
    const found = await this.assertions.find(type, primaryKey, maxFormat);
    const isVisible = await this.isVisible({ type, key: primaryKey }, found, session);
    return isVisible ? found : undefined;
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

  /** As {@link AssertionsService.findHeads}; also undefined if it is hidden from the device. */
  async findHeads(
    wanted: readonly WantedAssertion[],
    session: DeviceSession | undefined,
  ): Promise<(AssertionHead | undefined)[]> {
    // For the few types whose key does not contain the snap-id, the document does.
    const isTold = ({ type }: WantedAssertion) => !isAboutSnap(type) || snapIdAt(type) !== undefined;
    const heads = await this.assertions.findHeads(wanted.filter(isTold));
    const documents = await this.assertions.findAll(wanted.filter((one) => !isTold(one)));
    const [nextHead, nextDocument] = [heads.values(), documents.values()];
    const found: (AssertionHead | Assertion | undefined)[] = wanted.map(
      (one) => (isTold(one) ? nextHead : nextDocument).next().value,
    );
    const snapIds = wanted.map((one, index) => snapIdOf(one, found[index]));
    const isHere = (_id: unknown, index: number) => found[index] !== undefined;
    const isVisible = await this.visibility.areVisible(
      snapIds.filter(isHere).filter((id) => id !== undefined),
      snapIds.filter((id, index) => !isHere(id, index)).filter((id) => id !== undefined),
      session,
    );
    return found.map((one, index) => {
      const snapId = snapIds[index];
      return snapId === undefined || isVisible(snapId) ? one : undefined;
    });
  }

  // Checked even if nothing was found: the time of an answer must not reveal whether a document is hidden.
  private async isVisible(
    wanted: WantedAssertion,
    found: Assertion | undefined,
    session: DeviceSession | undefined,
  ) {
    const snapId = snapIdOf(wanted, found);
    return snapId === undefined || (await this.visibility.isVisible(snapId, session, found !== undefined));
  }
}

/** The position of the snap-id in the primary key of a type. */
function snapIdAt(type: string): number | undefined {
  const at = assertionType(type)?.primaryKey.indexOf('snap-id') ?? -1;
  return at === -1 ? undefined : at;
}

/** The snap of an assertion, if its key or the assertion itself names it. */
function snapIdOf(
  { type, key }: WantedAssertion,
  found: Assertion | AssertionHead | undefined,
): string | undefined {
  if (!isAboutSnap(type)) return undefined;
  const at = snapIdAt(type);
  if (at !== undefined) return key[at];
  const snapId = found && 'headers' in found ? found.headers['snap-id'] : undefined;
  return typeof snapId === 'string' ? snapId : undefined;
}
