import { expect, it } from 'vitest';
import { JOINED_BODY_BYTES, UNJOINED_BODY_PIECES } from '../common/limits.js';
import { BodyPieces } from './body-pieces.js';

it.each([1, 7, 4_000, JOINED_BODY_BYTES - 1, JOINED_BODY_BYTES, 3 * JOINED_BODY_BYTES])(
  'joins pieces of %d bytes into few pieces, in their order',
  (length) => {
    const pieces = new BodyPieces();
    const body = Buffer.from(Array.from({ length: 5 * JOINED_BODY_BYTES + 3 }, (_, index) => index % 251));
    let most = 0;
    for (let from = 0; from < body.length; from += length) {
      pieces.add(body.subarray(from, from + length));
      most = Math.max(most, pieces.kept);
    }
    expect(pieces.joined().equals(body)).toBe(true);
    expect(most).toBeLessThanOrEqual(UNJOINED_BODY_PIECES + 5);
  },
);

it('is empty without any piece', () => {
  expect(new BodyPieces().joined()).toHaveLength(0);
});
