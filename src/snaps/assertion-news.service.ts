import { Injectable } from '@nestjs/common';
import { assertionPath, readAssertionKey } from '../assertions/assertion-path.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { VisibleAssertionsService } from '../assertions/visible-assertions.service.js';
import type { Asking } from '../brand-stores/snap-visibility.service.js';
import { StoreError } from '../common/errors.js';
import type { AssertionQuery, FetchAssertionsAction, RefreshRequest } from './refresh-request.js';
import type { AssertionsResult } from './refresh-result.js';

/** Which assertions are news to a device that asks for groups of them. */
@Injectable()
export class AssertionNews {
  constructor(private readonly assertions: VisibleAssertionsService) {}

  /** Those of a group that the device lacks. What it cannot see is missing, like what is not here. */
  async find(
    action: FetchAssertionsAction,
    request: RefreshRequest,
    device: Asking,
  ): Promise<AssertionsResult> {
    const paths: string[] = [];
    const missing: AssertionQuery[] = [];
    for (const query of action.assertions) {
      const maxFormat = request.maxFormats.get(query.type) ?? 0;
      const found = await this.findAssertion(query, maxFormat, device);
      if (!found) {
        // A device may hold what this store never had: there is nothing newer then, and its refresh must go on.
        if (query.ifNewerThan === undefined) missing.push(query);
      } else if (isNews(found, query)) {
        paths.push(`${assertionPath(found.type, found.primaryKey)}?max-format=${maxFormat}`);
      }
    }
    return { kind: 'assertions', key: action.key, paths, missing };
  }

  private async findAssertion(
    query: AssertionQuery,
    maxFormat: number,
    device: Asking,
  ): Promise<Assertion | undefined> {
    try {
      const { type, key, isSequenceKey } = readAssertionKey(
        query.type,
        query.primaryKey ?? query.sequenceKey ?? [],
      );
      if (!isSequenceKey)
        return query.primaryKey ? await this.assertions.find(type.name, key, maxFormat, device) : undefined;
      return await this.assertions.findInSequence(type.name, key, query.sequence ?? 'latest', maxFormat);
    } catch (error) {
      if (error instanceof StoreError && (error.code === 'not-found' || error.code === 'invalid-request'))
        return undefined;
      throw error;
    }
  }
}

/** Whether the device lacks it: a later point of a sequence always is news, the same one needs a higher revision. */
function isNews(found: Assertion, query: AssertionQuery): boolean {
  if (query.sequenceKey && query.ifSequenceEqualOrNewerThan !== undefined) {
    const point = Number(found.primaryKey.at(-1));
    if (point !== query.ifSequenceEqualOrNewerThan) return point > query.ifSequenceEqualOrNewerThan;
  }
  return query.ifNewerThan === undefined || found.assertionRevision > query.ifNewerThan;
}
