import { Injectable } from '@nestjs/common';
import { AssertionsService } from './assertions.service.js';
import type { Assertion, AssertionRef } from './format/assertion.js';
import { walkPrerequisites } from './trust/prerequisite-walk.js';

/** Assertions together with what vouches for them. */
@Injectable()
export class AssertionChainsService {
  constructor(private readonly assertions: AssertionsService) {}

  /**
   * An assertion and all that leads from it up to a trusted root: what it needs to be believed, and the keys
   * that sign. The roots themselves are left out, since a device that does not hold them believes none of it.
   *
   * @returns each one once, behind all that it needs; the assertion itself is the last
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
