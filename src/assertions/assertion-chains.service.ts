import { Injectable } from '@nestjs/common';
import { AssertionsService } from './assertions.service.js';
import type { Assertion } from './format/assertion.js';
import { referenceOf } from './trust/reference.js';

/** Assertions together with what vouches for them. */
@Injectable()
export class AssertionChainsService {
  constructor(private readonly assertions: AssertionsService) {}

  /**
   * An assertion and all that leads from it up to a trusted root: what it needs to be believed, and the keys
   * that sign. The roots themselves are left out, since a device that does not hold them believes none of it.
   *
   * @returns each one once, behind all that it needs; the assertion itself is the last
   * @see snapcore/snapd: asserts/fetcher.go, Save
   */
  async chainOf(assertion: Assertion): Promise<Assertion[]> {
    const roots = await this.assertions.trustedRoots();
    const chain: Assertion[] = [];
    const seen = new Set<string>();
    const visit = async (one: Assertion): Promise<void> => {
      if (seen.has(referenceOf(one))) return;
      seen.add(referenceOf(one));
      const signedWith = { type: 'account-key', primaryKey: [one.signKeyId] };
      for (const { type, primaryKey } of [...one.type.prerequisites(one), signedWith]) {
        const found = roots.find(type, primaryKey) ? undefined : await this.assertions.find(type, primaryKey);
        if (found) await visit(found);
      }
      chain.push(one);
    };
    await visit(assertion);
    return chain;
  }
}
