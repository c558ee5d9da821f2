import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { isList, isMap } from '../assertions/format/header-checks.js';

/** One revision for all sets that name one, or the fact that they do not agree. */
export type Pin = number | 'conflict' | undefined;

/** The revision that a set pins a snap to; undefined where it leaves that open. */
function revisionIn({ headers: { snaps } }: Assertion, snapId: string): number | undefined {
  const listed = isList(snaps) ? snaps.filter(isMap) : [];
  const revision = listed.find(({ id }) => id === snapId)?.['revision'];
  return typeof revision === 'string' ? Number(revision) : undefined;
}

/** Which revisions the validation sets that a device names ask for. */
@Injectable()
export class ValidationPins {
  constructor(private readonly assertions: AssertionsService) {}

  /**
   * The revision that sets pin a snap to. A set that this store does not hold says nothing: the device holds its
   * snaps against the set itself.
   *
   * @param keys - full primary keys of validation sets
   */
  async find(keys: readonly (readonly string[])[], snapId: string): Promise<Pin> {
    const sets = await Promise.all(keys.map((key) => this.assertions.find('validation-set', key)));
    const pins = new Set(sets.flatMap((set) => (set && revisionIn(set, snapId)) ?? []));
    return pins.size > 1 ? 'conflict' : pins.values().next().value;
  }
}
