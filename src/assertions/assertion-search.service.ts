import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { AssertionSearchRepository } from './assertion-search.repository.js';
import type { Assertion } from './format/assertion.js';
import { quote } from './format/quote.js';
import { assertionType } from './format/registry.js';

/** The most headers of one search. */
export const MAX_SEARCHED_HEADERS = 8;

/** Longest value of a searched header, in characters. */
export const MAX_SEARCHED_VALUE_LENGTH = 1_024;

/** The most assertions that one page of a search by headers looks at. */
export const MAX_SEARCHED_ASSERTIONS = 10_000;

/** A header that an assertion must have. */
export interface WantedHeader {
  readonly name: string;
  readonly value: string;
}

/** Assertions that somebody looks for. */
export interface AssertionQuestion {
  readonly type: string;
  readonly headers: readonly WantedHeader[];
  /** The primary key that the page begins after. */
  readonly after: readonly string[] | undefined;
  readonly limit: number;
}

/** A page of them. */
export interface FoundAssertions {
  readonly assertions: readonly Assertion[];
  /** The primary key that the next page begins after; undefined on the last page. */
  readonly next: readonly string[] | undefined;
}

const HEADER = /^([a-z](?:-?[a-z0-9])*)=(.*)$/s;

/** @throws StoreError `invalid-request` on anything but `NAME=VALUE` */
export function parseWantedHeader(text: string): WantedHeader {
  const [, name, value] = HEADER.exec(text) ?? [];
  if (name !== undefined && value !== undefined && value.length <= MAX_SEARCHED_VALUE_LENGTH)
    return { name, value };
  throw new StoreError(
    'invalid-request',
    `cannot search for header ${quote(text.slice(0, 80))}: give NAME=VALUE, with up to ${MAX_SEARCHED_VALUE_LENGTH} characters`,
    { field: 'header' },
  );
}

/** Finds the assertions of the store by type and headers. */
@Injectable()
export class AssertionSearchService {
  constructor(private readonly repository: AssertionSearchRepository) {}

  /**
   * The newest revision of each, by primary key. A page may have fewer assertions than its limit, or none, before the
   * last one: at most {@link MAX_SEARCHED_ASSERTIONS} are looked at.
   *
   * @throws StoreError `not-found` on an unknown type
   */
  async find({ type, headers, after, limit }: AssertionQuestion): Promise<FoundAssertions> {
    if (!assertionType(type))
      throw new StoreError('not-found', `cannot find assertion type ${quote(type.slice(0, 80))}`, {
        field: 'type',
      });
    const { assertions, searchedTo } = await this.repository.find({
      type,
      // As a header with a value of one line is written. The first line of an assertion is its type.
      texts: headers.map(({ name, value }) => `\n${name}: ${value}\n`),
      after,
      limit: limit + 1,
      searched: headers.length === 0 ? limit + 1 : MAX_SEARCHED_ASSERTIONS,
    });
    const page = assertions.slice(0, limit);
    const hasMore = assertions.length > limit;
    return {
      // The body may have such a line too.
      assertions: page.filter((one) => headers.every(({ name, value }) => one.headers[name] === value)),
      next: hasMore ? page.at(-1)?.primaryKey : headers.length === 0 ? undefined : searchedTo,
    };
  }
}
