/** A file that is uploaded, or was and is not imported yet. */
export interface Upload {
  readonly id: string;
  /** Whose it is, as `principalKey` says. */
  readonly principal: string;
  /** The name of the file, without a folder. */
  readonly name: string;
  /** `Upload-Metadata` as it was sent. */
  readonly metadata: string;
  readonly lengthBytes: number;
  readonly receivedBytes: number;
  /** The import that uses it. */
  readonly jobId: number | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Uploads of one operator or token. */
export const MAX_UPLOADS_PER_PRINCIPAL = 100;

/** Uploads of all. */
export const MAX_UPLOADS = 400;

/** An upload expires so long after its last byte arrived, in milliseconds. */
export const UPLOAD_LIFETIME_MS = 86_400_000;

/** Parts that one operator or token, and all together, may send to a unit at the same time. */
export const MAX_PARTS_PER_PRINCIPAL = 8;
export const MAX_PARTS = 32;

/** The share of the disk that no upload fills: the database may be on the same one. */
export const UPLOADS_KEEP_FREE_SHARE = 0.05;

export function isComplete({ lengthBytes, receivedBytes }: Upload): boolean {
  return receivedBytes === lengthBytes;
}
