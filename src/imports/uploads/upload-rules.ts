import { StoreError } from '../../common/errors.js';
import type { SentPart } from './sent-part.js';
import { MAX_UPLOADS, MAX_UPLOADS_PER_PRINCIPAL, type Upload } from './upload.js';
import type { UploadTotals } from './uploads.repository.js';
import { UPLOADS_QUOTA, UPLOADS_QUOTA_PER_PRINCIPAL } from './uploads.settings.js';

/** @returns why no further upload of this length may begin */
export function whyNoMore(
  { count, bytes, ownCount, ownBytes, awaitedBytes }: UploadTotals,
  lengthBytes: number,
  quotas: { readonly all: number; readonly each: number },
  spareBytes: number,
): string | undefined {
  if (ownCount >= MAX_UPLOADS_PER_PRINCIPAL)
    return `you have ${ownCount} uploads that are not imported; import or delete some`;
  if (count >= MAX_UPLOADS) return `the store has ${count} uploads that are not imported; try again later`;
  if (ownBytes + lengthBytes > quotas.each)
    return `your uploads that are not imported would have ${ownBytes + lengthBytes} bytes, and ${UPLOADS_QUOTA_PER_PRINCIPAL.key} is ${quotas.each}`;
  if (bytes + lengthBytes > quotas.all)
    return `the uploads of all would have ${bytes + lengthBytes} bytes, and ${UPLOADS_QUOTA.key} is ${quotas.all}; try again later`;
  if (awaitedBytes + lengthBytes > spareBytes)
    return `the disk of the store has no space for ${lengthBytes} more bytes`;
  return undefined;
}

/** @throws StoreError `conflict` or `too-large` on a part that is not the next one of a file */
export function checkPart(upload: Upload, { offset, lengthBytes }: SentPart): void {
  if (upload.jobId !== null) throw inUse(upload);
  if (offset !== upload.receivedBytes)
    throw new StoreError(
      'conflict',
      `cannot accept the part of upload ${upload.name} from byte ${offset}: send it from byte ${upload.receivedBytes}`,
      { field: 'Upload-Offset' },
    );
  if (offset + lengthBytes > upload.lengthBytes)
    throw new StoreError(
      'too-large',
      `cannot accept the part of upload ${upload.name}: it ends at byte ${offset + lengthBytes}, and the file has ${upload.lengthBytes}`,
    );
}

/** The error for a file that an import uses. */
export function inUse({ name, jobId }: Upload): StoreError {
  return new StoreError('conflict', `cannot use upload ${name}: import ${jobId} uses it`);
}
