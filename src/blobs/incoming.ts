/** Where files are written until they are complete, below the data directory. */
export const INCOMING = 'blobs/incoming';

/** What is named so is an upload: it outlives the process that wrote it, and is removed when it expires. */
export const UPLOAD_PREFIX = 'upload-';
