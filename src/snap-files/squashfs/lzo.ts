import { badImage } from './bad-image.js';
import { copyMatch } from './copy-match.js';

/** A copy from earlier output; `trailing` literals (0 to 3) follow it. */
interface Match {
  readonly distance: number;
  readonly length: number;
  readonly trailing: number;
}

/** How the last instruction ended: 0 to 3 literals after a match, or a run of literals (4). */
type State = number;
const AFTER_RUN: State = 4;
/** The distance that ends the stream. */
const END_DISTANCE = 0x4000;

/**
 * Decompresses one LZO1X block.
 *
 * @param limitBytes - largest size of the output
 * @returns the output, cut to its length
 * @throws StoreError `invalid-snap` if the input ends early, has bytes after its end mark, copies from before
 *   the output or exceeds the limit
 * @see torvalds/linux: Documentation/staging/lzo.rst, bitstream version 0
 */
export function decompressLzo(input: Uint8Array, limitBytes: number): Buffer {
  return new LzoDecoder(input, limitBytes).decode();
}

class LzoDecoder {
  private readonly output: Buffer;
  private from = 0;
  private to = 0;

  constructor(
    private readonly input: Uint8Array,
    private readonly limitBytes: number,
  ) {
    this.output = Buffer.alloc(limitBytes);
  }

  decode(): Buffer {
    let state = this.decodeFirstRun();
    for (;;) {
      const instruction = this.next();
      if (instruction < 16 && state === 0) {
        this.copyLiterals(this.extend(instruction, 15) + 3);
        state = AFTER_RUN;
        continue;
      }
      const match = this.decodeMatch(instruction, state);
      if (match.distance === END_DISTANCE && instruction >= 16 && instruction < 32) break;
      this.copyEarlier(match);
      this.copyLiterals(match.trailing);
      state = match.trailing;
    }
    if (this.from !== this.input.length) throw badImage('an lzo block continues after its end');
    return this.output.subarray(0, this.to);
  }

  /** Only the first byte of a block may encode a bare run of literals: its value minus 17. */
  private decodeFirstRun(): State {
    const first = this.input[0] ?? 0;
    if (first <= 17) return 0;
    this.from = 1;
    this.copyLiterals(first - 17);
    return Math.min(first - 17, AFTER_RUN);
  }

  private decodeMatch(instruction: number, state: State): Match {
    if (instruction >= 64) {
      const distance = (this.next() << 3) + ((instruction >> 2) & 7) + 1;
      return { distance, length: (instruction >> 5) + 1, trailing: instruction & 3 };
    }
    if (instruction >= 32) {
      const length = this.extend(instruction & 31, 31) + 2;
      const low = this.nextPair();
      return { distance: (low >> 2) + 1, length, trailing: low & 3 };
    }
    if (instruction >= 16) {
      const length = this.extend(instruction & 7, 7) + 2;
      const low = this.nextPair();
      return { distance: END_DISTANCE + ((instruction & 8) << 11) + (low >> 2), length, trailing: low & 3 };
    }
    const near = (this.next() << 2) + (instruction >> 2) + 1;
    const trailing = instruction & 3;
    return state === AFTER_RUN
      ? { distance: near + 2048, length: 3, trailing }
      : { distance: near, length: 2, trailing };
  }

  /**
   * A length of 0 continues in further bytes: `base`, 255 for every zero byte, and the first that is not zero.
   */
  private extend(length: number, base: number): number {
    if (length !== 0) return length;
    let extended = base;
    for (;;) {
      const byte = this.next();
      if (byte !== 0) return extended + byte;
      extended += 255;
    }
  }

  private next(): number {
    const byte = this.input[this.from++];
    if (byte === undefined) throw badImage('an lzo block ends early');
    return byte;
  }

  private nextPair(): number {
    return this.next() | (this.next() << 8);
  }

  private copyLiterals(length: number): void {
    if (this.from + length > this.input.length) throw badImage('an lzo block ends early');
    if (this.to + length > this.limitBytes) throw badImage('an lzo block is too long');
    this.output.set(this.input.subarray(this.from, this.from + length), this.to);
    this.from += length;
    this.to += length;
  }

  private copyEarlier({ distance, length }: Match): void {
    if (distance > this.to) throw badImage('an lzo block copies from before its start');
    if (this.to + length > this.limitBytes) throw badImage('an lzo block is too long');
    copyMatch(this.output, this.to, distance, length);
    this.to += length;
  }
}
