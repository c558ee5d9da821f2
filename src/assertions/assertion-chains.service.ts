import { Injectable } from '@nestjs/common';
import { AssertionsService } from './assertions.service.js';
import type { Assertion, AssertionRef } from './format/assertion.js';
import { walkPrerequisites } from './trust/prerequisite-walk.js';

/** Assertions together with their prerequisites. */
@Injectable()
export class AssertionChainsService {
  constructor(private readonly assertions: AssertionsService) {}

  /**
   * An assertion with its chain up to a trusted root: its prerequisites and the signing keys. The roots
   * themselves are left out, because a device without them trusts none of it.
   *
   * @returns each one once, after its own prerequisites; the assertion itself is the last
   * @see snapcore/snapd: asserts/fetcher.go, Save
   */
  async chainOf(assertion: Assertion): Promise<Assertion[]> {
    const roots = await this.assertions.trustedRoots();
    const chain: Assertion[] = [];
    const find = async ({ type, primaryKey }: AssertionRef, needing?: Assertion) => {
      if (!needing) return assertion;
      return roots.find(type, primaryKey) ? undefined : await this.assertions.find(type, primaryKey);
    };
    const start = { type: assertion.type.name, primaryKey: assertion.primaryKey };
    for await (const one of walkPrerequisites(start, find)) chain.push(one);
    return chain;
  }
}
