import { StoreError } from '../errors.js';

/** No space, no quota, and larger than a file may be. */
const OUT_OF_SPACE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** As Node writes the errors of the system: not `ERR_…`, which are its own, nor what other programs number. */
const SYSTEM_CODE = /^E[A-Z0-9]+$/;

/**
 * What the system said of a file that cannot be written, in one line.
 *
 * @param doing - what cannot be done: "cannot store files in FOLDER"
 * @param hint - to stand at the end
 * @returns a StoreError `storage-failed`; anything but an error of the system as it is
 */
export function diskFailure(doing: string, error: unknown, hint = ''): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !SYSTEM_CODE.test(code)) return error;
  const why = OUT_OF_SPACE.has(code) ? 'no space is left on the disk' : error.message;
  return new StoreError('storage-failed', `${doing}: ${why}${hint}`, { cause: error });
}
