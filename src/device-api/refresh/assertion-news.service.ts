import { Injectable } from '@nestjs/common';
import type { AssertionHead, WantedAssertion } from '../../assertions/assertion-memory.js';
import { assertionPath, readAssertionKey } from '../../assertions/assertion-path.js';
import type { DeviceSession } from '../../brand-stores/device-session.js';
import { StoreError } from '../../common/errors.js';
import { Pacer } from '../../common/pacer.js';
import { VisibleAssertionsService } from '../assertions/visible-assertions.service.js';
import type { AssertionQuery, FetchAssertionsAction, RefreshRequest } from './refresh-request.js';
import type { AssertionsResult } from './refresh-result.js';

/** Finds the assertions of a group that are new to the device. */
export type News = (action: FetchAssertionsAction) => AssertionsResult;

/** Finds the assertions that are new to a session, for requests of groups. */
@Injectable()
export class AssertionNewsService {
  constructor(private readonly assertions: VisibleAssertionsService) {}

  /** Reads the assertions of all groups of a request together. Hidden ones are missing, like unknown ones. */
  async read({ actions, maxFormats }: RefreshRequest, session: DeviceSession | undefined): Promise<News> {
    const wanted = new Map<AssertionQuery, WantedAssertion>();
    const pacer = new Pacer();
    for (const action of actions)
      if (action.kind === 'fetch-assertions')
        for (const query of action.assertions) {
          if (pacer.isDue) await pacer.rest();
          const one = wantedBy(query, maxFormats.get(query.type) ?? 0);
          if (one) wanted.set(query, one);
        }
    const heads = await this.assertions.findHeads([...wanted.values()], session);
    const found = new Map([...wanted.keys()].map((query, index) => [query, heads[index]]));
    return (action) => newsOf(action, found, maxFormats);
  }
}

/** The assertions of a group that the device lacks. */
function newsOf(
  { key, assertions }: FetchAssertionsAction,
  heads: ReadonlyMap<AssertionQuery, AssertionHead | undefined>,
  maxFormats: RefreshRequest['maxFormats'],
): AssertionsResult {
  const paths: string[] = [];
  const missing: AssertionQuery[] = [];
  for (const query of assertions) {
    const found = heads.get(query);
    if (!found) {
      // A device may have assertions that this store never had. Then nothing is newer, and its refresh must continue.
      if (query.ifNewerThan === undefined) missing.push(query);
    } else if (isNews(found, query)) {
      const maxFormat = maxFormats.get(query.type) ?? 0;
      paths.push(`${assertionPath(found.type, found.primaryKey)}?max-format=${maxFormat}`);
    }
  }
  return { kind: 'assertions', key, paths, missing };
}

/** @returns undefined if no assertion can have such a key */
function wantedBy(query: AssertionQuery, maxFormat: number): WantedAssertion | undefined {
  try {
    const { type, key, isSequenceKey } = readAssertionKey(
      query.type,
      query.primaryKey ?? query.sequenceKey ?? [],
    );
    if (isSequenceKey) return { type: type.name, key, point: query.sequence ?? 'latest', maxFormat };
    return query.primaryKey && { type: type.name, key, maxFormat };
  } catch (error) {
    if (error instanceof StoreError && (error.code === 'not-found' || error.code === 'invalid-request'))
      return undefined;
    throw error;
  }
}

/** Whether the device lacks it: a later point of a sequence is always new, the same one needs a higher revision. */
function isNews(found: AssertionHead, query: AssertionQuery): boolean {
  if (query.sequenceKey && query.ifSequenceEqualOrNewerThan !== undefined) {
    const point = Number(found.primaryKey.at(-1));
    if (point !== query.ifSequenceEqualOrNewerThan) return point > query.ifSequenceEqualOrNewerThan;
  }
  return query.ifNewerThan === undefined || found.assertionRevision > query.ifNewerThan;
}
