import type { Origins } from './request-origin.js';

/**
 * A placeholder at the start of a string for the origin (`http://store.example:8080`) by which a device reaches
 * the store. No string from the database contains this character: PostgreSQL cannot store it.
 */
export const ORIGIN_HOLE = '\u0000';

/** The same at the start of a picture's URL, whose origin may differ. */
export const MEDIA_HOLE = `${ORIGIN_HOLE}media:`;

/**
 * How `JSON.stringify` writes a string that starts with a placeholder. Inside other strings, the quote would be
 * escaped.
 */
const HOLE_IN_JSON = /"\\u0000(media:)?/;
const QUOTE = Buffer.from('"');

/** The only item of a list whose items differ between answers. At most one in a template. */
export const ITEMS_HOLE = `${ORIGIN_HOLE}items`;
const ITEMS_IN_JSON = JSON.stringify(ITEMS_HOLE);

/** Bytes outside the heap, in memory of their own, so that many small ones do not keep each other's pool. */
export function unpooledBytes(text: string, encoding: BufferEncoding = 'utf8'): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text, encoding));
  bytes.write(text, encoding);
  return bytes;
}

interface Hole {
  readonly at: number;
  readonly of: keyof Origins;
}

/** Origins as bytes, for all answers to one request. */
export type OriginBytes = { readonly [Of in keyof Origins]: Buffer };

export function originBytes({ url, media }: Origins): OriginBytes {
  return { url: Buffer.from(url), media: Buffer.from(media) };
}

/** JSON that is made once and sent often: it is the same for every device except for the origin in its URLs. */
export class JsonTemplate {
  /** The text without its placeholders, in one piece: ten thousand of these are in memory. */
  private readonly bytes: Buffer;
  /** The positions of the placeholders. */
  private readonly holes: readonly Hole[];
  /** Where items can be inserted into a list; undefined if there is no such list. */
  private readonly itemsAt: number | undefined;

  /**
   * @param value - any value for `JSON.stringify`; URLs in it start with {@link ORIGIN_HOLE} or
   *   {@link MEDIA_HOLE}
   */
  constructor(value: unknown) {
    const [before = '', after] = JSON.stringify(value).split(ITEMS_IN_JSON);
    if (after !== undefined) this.itemsAt = Buffer.byteLength(cut(before).texts.join(''));
    const { texts, kinds } = cut(before + (after ?? ''));
    let end = 0;
    this.holes = kinds.map((of, index) => ({ at: (end += Buffer.byteLength(texts[index] ?? '')), of }));
    this.bytes = unpooledBytes(texts.join(''));
  }

  /** Length of the text without its placeholders. */
  get sizeBytes(): number {
    return this.bytes.length;
  }

  /**
   * Appends the JSON for one set of origins to the pieces of an answer. {@link ITEMS_HOLE} becomes an empty
   * list.
   */
  appendTo(pieces: Buffer[], origins: OriginBytes): void {
    let start = 0;
    for (const { at, of } of this.holes) {
      pieces.push(this.bytes.subarray(start, at), QUOTE, origins[of]);
      start = at;
    }
    pieces.push(start === 0 ? this.bytes : this.bytes.subarray(start));
  }

  /**
   * Appends the members of an object after others that are already written: everything but the opening brace.
   *
   * @param items - the JSON that replaces {@link ITEMS_HOLE}; ignored if the template has none
   */
  appendMembersTo(pieces: Buffer[], origins: OriginBytes, items?: Buffer): void {
    const first = pieces.length;
    if (items && this.itemsAt !== undefined) this.appendWith(pieces, origins, items, this.itemsAt);
    else this.appendTo(pieces, origins);
    pieces[first] = pieces[first]?.subarray(1) ?? this.bytes;
  }

  /** The whole JSON for one set of origins. */
  fill(origins: OriginBytes): Buffer {
    const pieces: Buffer[] = [];
    this.appendTo(pieces, origins);
    return Buffer.concat(pieces);
  }

  private appendWith(pieces: Buffer[], origins: OriginBytes, items: Buffer, itemsAt: number): void {
    let start = 0;
    let isDue = true;
    for (const { at, of } of [...this.holes, { at: this.bytes.length, of: undefined }]) {
      if (isDue && itemsAt <= at) {
        pieces.push(this.bytes.subarray(start, itemsAt), items);
        start = itemsAt;
        isDue = false;
      }
      pieces.push(this.bytes.subarray(start, at));
      if (of !== undefined) pieces.push(QUOTE, origins[of]);
      start = at;
    }
  }
}

/** JSON between its placeholders, and the kind of each placeholder. */
function cut(json: string): { texts: string[]; kinds: (keyof Origins)[] } {
  const texts: string[] = [];
  const kinds: (keyof Origins)[] = [];
  // Split returns the matches of the expression's group between the texts.
  for (const [index, part] of json.split(HOLE_IN_JSON).entries()) {
    if (index % 2 === 0) texts.push(part);
    else kinds.push(part === undefined ? 'url' : 'media');
  }
  return { texts, kinds };
}
