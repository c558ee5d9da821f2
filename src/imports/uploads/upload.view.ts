import type { Upload } from './upload.js';
import type { UploadDto } from './uploads.dto.js';

/** An upload as JSON. */
export function uploadView(upload: Upload): UploadDto {
  return {
    id: upload.id,
    filename: upload.name,
    'length-bytes': upload.lengthBytes,
    'received-bytes': upload.receivedBytes,
    import: upload.jobId,
    'created-at': upload.createdAt.toISOString(),
    'expires-at': upload.expiresAt.toISOString(),
  };
}
