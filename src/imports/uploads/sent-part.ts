import type { UploadPart } from '../../blobs/upload-files.service.js';

/** A part of a file as somebody sends it. */
export interface SentPart extends Pick<UploadPart, 'offset' | 'source' | 'checksum'> {
  readonly lengthBytes: number;
  /** Ends the sending, when the same file is sent again over another connection. */
  readonly cut: () => void;
}
