/**
 * Stands at the start of a text for the origin (`http://store.example:8080`) by which a device reached
 * the store. No text from the database has this character: PostgreSQL stores none with it.
 */
export const ORIGIN_HOLE = '\u0000';

/** How `JSON.stringify` writes a text that begins with the hole; inside other texts the quote would be escaped. */
const HOLE_IN_JSON = `"${JSON.stringify(ORIGIN_HOLE).slice(1, -1)}`;
const QUOTE = Buffer.from('"');

/** Stands in a list, as its only item, for items that differ from answer to answer; in a template once at most. */
export const ITEMS_HOLE = `${ORIGIN_HOLE}items`;
const ITEMS_IN_JSON = JSON.stringify(ITEMS_HOLE);

/** Bytes outside the heap, in memory of their own: many small ones do not hold each other's pool. */
export function unpooledBytes(text: string, encoding: BufferEncoding = 'utf8'): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text, encoding));
  bytes.write(text, encoding);
  return bytes;
}

/** JSON that is made once and answered often: all of it is the same for every device but the origin in its URLs. */
export class JsonTemplate {
  /** The text without its holes, in one piece: ten thousand of these are remembered. */
  private readonly bytes: Buffer;
  /** Where the holes were. */
  private readonly holes: readonly number[];
  /** Where items can be put into a list; undefined where there is no such list. */
  private readonly itemsAt: number | undefined;

  /** @param value - what `JSON.stringify` takes; URLs in it begin with {@link ORIGIN_HOLE} */
  constructor(value: unknown) {
    const [before = '', after] = JSON.stringify(value).split(ITEMS_IN_JSON);
    if (after !== undefined) this.itemsAt = Buffer.byteLength(before.replaceAll(HOLE_IN_JSON, ''));
    const parts = (before + (after ?? '')).split(HOLE_IN_JSON);
    let end = 0;
    this.holes = parts.slice(0, -1).map((part) => (end += Buffer.byteLength(part)));
    this.bytes = unpooledBytes(parts.join(''));
  }

  /** Length of the text without its holes. */
  get sizeBytes(): number {
    return this.bytes.length;
  }

  /** Appends the JSON for one origin to the pieces of an answer; {@link ITEMS_HOLE} becomes an empty list. */
  appendTo(pieces: Buffer[], origin: Buffer): void {
    let start = 0;
    for (const hole of this.holes) {
      pieces.push(this.bytes.subarray(start, hole), QUOTE, origin);
      start = hole;
    }
    pieces.push(start === 0 ? this.bytes : this.bytes.subarray(start));
  }

  /**
   * Appends the members of an object that others were written for already: all but the opening brace.
   *
   * @param items - what {@link ITEMS_HOLE} stands for, as JSON; passed over where the template has none
   */
  appendMembersTo(pieces: Buffer[], origin: Buffer, items?: Buffer): void {
    const first = pieces.length;
    if (items && this.itemsAt !== undefined) this.appendWith(pieces, origin, items, this.itemsAt);
    else this.appendTo(pieces, origin);
    pieces[first] = pieces[first]?.subarray(1) ?? this.bytes;
  }

  /** The whole JSON for one origin. */
  fill(origin: string): Buffer {
    const pieces: Buffer[] = [];
    this.appendTo(pieces, Buffer.from(origin));
    return Buffer.concat(pieces);
  }

  private appendWith(pieces: Buffer[], origin: Buffer, items: Buffer, itemsAt: number): void {
    let start = 0;
    let isDue = true;
    for (const hole of [...this.holes, this.bytes.length]) {
      if (isDue && itemsAt <= hole) {
        pieces.push(this.bytes.subarray(start, itemsAt), items);
        start = itemsAt;
        isDue = false;
      }
      pieces.push(this.bytes.subarray(start, hole));
      if (hole < this.bytes.length) pieces.push(QUOTE, origin);
      start = hole;
    }
  }
}
