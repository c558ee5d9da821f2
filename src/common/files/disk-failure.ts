import { StoreError } from '../errors.js';

/** No space, no quota, or larger than the largest file. */
const OUT_OF_SPACE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * The form in which Node reports errors of the system: not its own `ERR_…`, and no numbers of other programs.
 */
const SYSTEM_CODE = /^E[A-Z0-9]+$/;

/**
 * The system's error about a file that cannot be written, in one line.
 *
 * @param doing - the request: "cannot store files in FOLDER"
 * @param hint - the end of the message
 * @returns a StoreError `storage-failed`; any other error unchanged
 */
export function diskFailure(doing: string, error: unknown, hint = ''): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !SYSTEM_CODE.test(code)) return error;
  const why = OUT_OF_SPACE.has(code) ? 'no space is left on the disk' : error.message;
  return new StoreError('storage-failed', `${doing}: ${why}${hint}`, { cause: error });
}
