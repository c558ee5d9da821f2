import { StoreError } from '../../common/errors.js';

/** The one refusal of this folder: an image that is broken, hostile or of a kind that is not read. */
export function badImage(detail: string, options?: ErrorOptions): StoreError {
  return new StoreError('invalid-snap', `cannot read squashfs image: ${detail}`, options);
}
