import { randomInt } from 'node:crypto';
import { MAX_JSON_DEPTH, MAX_JSON_NAMES, MAX_JSON_STRUCTURE } from '../common/limits.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** An odd number, different in each process: nobody can construct names that have the same hash. */
const MULTIPLIER = randomInt(1 << 16, 1 << 30) * 2 + 1;

/**
 * Scans JSON while it arrives, and reports before decoding if decoding would cost too much. It counts commas,
 * colons and brackets, the nesting, and the names of members, because V8 makes a shape for each new list of
 * names. The decoder checks whether it is JSON.
 */
export class JsonScanner {
  private structure = 0;
  private depth = 0;
  private readonly names = new Set<number>();
  /** For each depth, whether it is an object. */
  private readonly isObject = new Uint8Array(MAX_JSON_DEPTH + 1);
  private inString = false;
  private isEscaped = false;
  private isName = false;
  /** Whether the next string is the name of a member. */
  private awaitsName = false;
  private hash = 0;

  /** @returns the limit that is exceeded, as words; undefined if none is */
  scan(bytes: Buffer): string | undefined {
    for (let index = 0; index < bytes.length; index += 1) {
      if (this.inString) index = this.skipString(bytes, index);
      else this.outside(bytes[index] ?? 0);
      if (this.depth > MAX_JSON_DEPTH) return `it is nested deeper than ${MAX_JSON_DEPTH} levels`;
    }
    if (this.structure > MAX_JSON_STRUCTURE) return `it has more than ${MAX_JSON_STRUCTURE} values`;
    if (this.names.size > MAX_JSON_NAMES) return `it has more than ${MAX_JSON_NAMES} different names`;
    return undefined;
  }

  /** @returns where the string or the buffer ends */
  private skipString(bytes: Buffer, from: number): number {
    let index = from;
    let { isEscaped, hash } = this;
    for (; index < bytes.length; index += 1) {
      const byte = bytes[index] ?? 0;
      if (isEscaped) isEscaped = false;
      else if (byte === QUOTE) break;
      else if (byte === BACKSLASH) isEscaped = true;
      if (this.isName) hash = Math.imul(hash ^ (byte + 1), MULTIPLIER);
    }
    this.isEscaped = isEscaped;
    this.hash = hash;
    if (index === bytes.length) return index;
    this.inString = false;
    if (this.isName) this.names.add(hash);
    return index;
  }

  private outside(byte: number): void {
    switch (byte) {
      case QUOTE:
        this.inString = true;
        this.isName = this.awaitsName;
        this.hash = 0;
        break;
      case COMMA:
      case COLON:
        this.structure += 1;
        this.awaitsName = byte === COMMA && this.isObject[this.depth] === 1;
        break;
      case OPEN_OBJECT:
      case OPEN_LIST:
        this.structure += 1;
        this.depth += 1;
        this.isObject[this.depth] = byte === OPEN_OBJECT ? 1 : 0;
        this.awaitsName = byte === OPEN_OBJECT;
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        this.depth = Math.max(0, this.depth - 1);
    }
  }
}
