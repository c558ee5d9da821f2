import { MAX_ABSENT_BYTES, MAX_ASSERTIONS_BYTES } from '../common/limits.js';
import { LruCache } from '../common/lru-cache.js';
import type { SequencePoint } from './assertions.repository.js';
import type { AssertionType } from './format/assertion-type.js';
import type { Assertion } from './format/assertion.js';
import { assertionType } from './format/registry.js';

/** One assertion that is wanted: by its primary key, or a point of a sequence by its sequence key. */
export interface WantedAssertion {
  readonly type: string;
  /** In full, optional keys filled in; without the number where `point` is given. */
  readonly key: readonly string[];
  readonly point?: SequencePoint | undefined;
  /** The highest format the asker reads; undefined for any. */
  readonly maxFormat?: number | undefined;
}

/** What names an assertion that the store holds, and which revision of it that is. */
export interface AssertionHead {
  readonly type: AssertionType;
  readonly primaryKey: readonly string[];
  readonly assertionRevision: number;
}

/** Each takes a few hundred bytes; their keys are counted besides. */
const CACHED_ASSERTIONS = 8_192;
const CACHED_HEADS = 20_000;
const CACHED_ABSENT = 50_000;

/** What the decoded form takes besides the bytes: headers are small texts, in maps. */
const DECODED_FACTOR = 3;

/** The highest format that both the asker and this store read. */
export function readableFormat({ type, maxFormat = Infinity }: WantedAssertion): number {
  return Math.min(maxFormat, assertionType(type)?.maxFormat ?? 0);
}

/** Longest list of keys that a notification names, in characters; of more, all is forgotten. PostgreSQL takes 8,000 bytes. */
const MAX_NAMED_CHARACTERS = 2_000;

/** What a notification says: which assertions are new, or nothing where they are too many to be named. */
export function changeText(added: readonly Assertion[]): string {
  const text = JSON.stringify(added.map(({ type, primaryKey }) => [type.name, ...primaryKey]));
  return text.length > MAX_NAMED_CHARACTERS ? '' : text;
}

/** Whether anything can have such a key: PostgreSQL holds no text with NUL. */
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
 * What a server remembers of the table of assertions: some of them, which revisions there are, and what was
 * asked for and is not there. Each is bounded in bytes, so that keys that somebody makes up push out
 * only one another.
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

  /** @returns `absent` where it is known that there is none */
  find(wanted: WantedAssertion): Assertion | 'absent' | undefined {
    const text = textOf(wanted);
    return this.assertions.get(text) ?? (this.absent.get(text) && 'absent');
  }

  /** @returns `absent` where it is known that there is none */
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

  /** Drops what is known of one assertion, or of its place in a sequence, for readers of every format. */
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

  /** @param change - as {@link changeText} says it */
  forgetChanged(change: string): void {
    if (change === '') return this.clear();
    for (const [type = '', ...key] of JSON.parse(change) as string[][]) this.forget(type, key);
  }

  clear(): void {
    this.changes += 1;
    for (const cache of [this.assertions, this.heads, this.absent]) cache.clear();
  }
}
