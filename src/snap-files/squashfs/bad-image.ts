import { StoreError } from '../../common/errors.js';

/** The only error of this folder: an image that is broken, hostile or not supported. */
export function badImage(detail: string, options?: ErrorOptions): StoreError {
  return new StoreError('invalid-snap', `cannot read squashfs image: ${detail}`, options);
}
