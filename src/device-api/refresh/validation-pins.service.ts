import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../../assertions/assertions.service.js';
import type { Assertion } from '../../assertions/format/assertion.js';
import { isList, isMap } from '../../assertions/format/header-checks.js';

/** The revision that all pinning sets agree on, or a conflict between them. */
export type Pin = number | 'conflict' | undefined;

/** Finds the revision of a snap that is pinned by some of a request's sets. */
export type Pins = (sets: readonly string[], snapId: string) => Pin;

type Revisions = ReadonlyMap<string, number>;

/** The revisions that a set pins, by snap-id; other snaps are not pinned. */
function revisionsIn({ headers: { snaps } }: Assertion): Revisions {
  const pinned = new Map<string, number>();
  for (const { id, revision } of isList(snaps) ? snaps.filter(isMap) : [])
    if (typeof id === 'string' && typeof revision === 'string') pinned.set(id, Number(revision));
  return pinned;
}

/** The revisions that the validation sets of a request pin. */
@Injectable()
export class ValidationPinsService {
  /** Parsed once for each assertion in memory. */
  private readonly pinned = new WeakMap<Assertion, Revisions>();

  constructor(private readonly assertions: AssertionsService) {}

  /**
   * The revisions that sets pin snaps to. A set that the store does not hold is ignored: the device checks its
   * snaps against the set itself.
   *
   * @param keys - full primary keys of the validation sets of a request, by their names in it
   */
  async read(keys: ReadonlyMap<string, readonly string[]>): Promise<Pins> {
    if (keys.size === 0) return () => undefined;
    const sets = await this.assertions.findAll(
      [...keys.values()].map((key) => ({ type: 'validation-set', key })),
    );
    const byName = new Map([...keys.keys()].map((name, index) => [name, sets[index]]));
    return (names, snapId) => {
      let pin: Pin;
      for (const name of names) {
        const set = byName.get(name);
        const revision = set && this.revisionsOf(set).get(snapId);
        if (revision !== undefined && pin !== undefined && revision !== pin) return 'conflict';
        pin = revision ?? pin;
      }
      return pin;
    };
  }

  private revisionsOf(set: Assertion): Revisions {
    const known = this.pinned.get(set);
    if (known) return known;
    const revisions = revisionsIn(set);
    this.pinned.set(set, revisions);
    return revisions;
  }
}
