import { MAX_ABSENT_BYTES, MAX_ASSERTIONS_BYTES } from '../common/limits.js';
import { LruCache } from '../common/lru-cache.js';
import type { SequencePoint } from './assertion-place.js';
import type { AssertionType } from './format/assertion-type.js';
import type { Assertion } from './format/assertion.js';
import { assertionType } from './format/registry.js';

/** One requested assertion: by its primary key, or a point of a sequence by its sequence key. */
export interface WantedAssertion {
  readonly type: string;
  /** The full key, optional values included; without the number if `point` is given. */
  readonly key: readonly string[];
  readonly point?: SequencePoint | undefined;
  /** The highest format that the client supports; undefined for any. */
  readonly maxFormat?: number | undefined;
}

/** The key and the revision of an assertion in the store. */
export interface AssertionHead {
  readonly type: AssertionType;
  readonly primaryKey: readonly string[];
  readonly assertionRevision: number;
}

/** Each takes a few hundred bytes, not counting its key. */
const CACHED_ASSERTIONS = 8_192;
const CACHED_HEADS = 20_000;
const CACHED_ABSENT = 50_000;

/** What the decoded form takes in addition to the bytes: headers are small strings in maps. */
const DECODED_FACTOR = 3;

/** The highest format that both the client and this store support. */
export function readableFormat({ type, maxFormat = Infinity }: WantedAssertion): number {
  return Math.min(maxFormat, assertionType(type)?.maxFormat ?? 0);
}

/**
 * Longest list of keys that a notification names, in characters; if it is longer, everything is dropped.
 * PostgreSQL accepts 8,000 bytes.
 */
const MAX_NAMED_CHARACTERS = 2_000;

/** The payload of a notification: the new assertions, or empty if they are too many to be named. */
export function changeText(added: readonly Assertion[]): string {
  const text = JSON.stringify(added.map(({ type, primaryKey }) => [type.name, ...primaryKey]));
  return text.length > MAX_NAMED_CHARACTERS ? '' : text;
}

/** Whether such a key can exist: PostgreSQL cannot store a string with NUL. */
export function isAskable({ key }: WantedAssertion): boolean {
  return key.every((part) => !part.includes('\0'));
}

function placeOf({ type, key, point }: WantedAssertion): string {
  return [type, ...(point === undefined ? [] : [`#${point}`]), ...key].join('\0');
}

function textOf(wanted: WantedAssertion): string {
  return `${placeOf(wanted)}\0?${readableFormat(wanted)}`;
}

/**
 * Keeps parts of the assertion table in memory: some assertions, which revisions exist, and keys that were
 * asked for and do not exist. Each part is limited in bytes, so forged keys evict only one another.
 */
export class AssertionMemory {
  private readonly assertions = new LruCache<Assertion>(CACHED_ASSERTIONS, {
    bytes: MAX_ASSERTIONS_BYTES,
    sizeOf: ({ bytes }) => DECODED_FACTOR * bytes.length,
  });
  private readonly heads = new LruCache<AssertionHead>(CACHED_HEADS);
  private readonly absent = new LruCache<true>(CACHED_ABSENT, { bytes: MAX_ABSENT_BYTES, sizeOf: () => 0 });
  private changes = 0;

  /** Changes whenever something was dropped because it may be out of date. */
  get generation(): number {
    return this.changes;
  }

  /** @returns `absent` if it is known not to exist */
  find(wanted: WantedAssertion): Assertion | 'absent' | undefined {
    const text = textOf(wanted);
    return this.assertions.get(text) ?? (this.absent.get(text) && 'absent');
  }

  /** @returns `absent` if it is known not to exist */
  findHead(wanted: WantedAssertion): AssertionHead | 'absent' | undefined {
    const text = textOf(wanted);
    return this.assertions.get(text) ?? this.heads.get(text) ?? (this.absent.get(text) && 'absent');
  }

  keep(wanted: WantedAssertion, found: Assertion | undefined): void {
    const text = textOf(wanted);
    if (found) this.assertions.set(text, found);
    else this.absent.set(text, true);
  }

  keepHead(wanted: WantedAssertion, { type, primaryKey, assertionRevision }: AssertionHead): void {
    this.heads.set(textOf(wanted), { type, primaryKey, assertionRevision });
  }

  /** Drops what is known of one assertion, and of its place in a sequence, for every format. */
  forget(typeName: string, primaryKey: readonly string[]): void {
    this.changes += 1;
    const type = assertionType(typeName);
    const places: WantedAssertion[] = [{ type: typeName, key: primaryKey }];
    if (type?.sequenceForming)
      for (const point of ['latest', Number(primaryKey.at(-1))] as const)
        places.push({ type: typeName, key: primaryKey.slice(0, -1), point });
    for (const place of places)
      for (let maxFormat = 0; maxFormat <= (type?.maxFormat ?? 0); maxFormat += 1) {
        const text = textOf({ ...place, maxFormat });
        for (const cache of [this.assertions, this.heads, this.absent]) cache.delete(text);
      }
  }

  /** @param change - as formatted by {@link changeText} */
  forgetChanged(change: string): void {
    if (change === '') return this.clear();
    for (const [type = '', ...key] of JSON.parse(change) as string[][]) this.forget(type, key);
  }

  clear(): void {
    this.changes += 1;
    for (const cache of [this.assertions, this.heads, this.absent]) cache.clear();
  }
}
