import { CHECKSUM_ALGORITHMS, type UploadPart } from '../../blobs/upload-files.service.js';
import { StoreError } from '../../common/errors.js';

/**
 * The headers of resumable uploads: the core of tus 1.0.0, with creation, expiration, checksum and termination.
 *
 * @see https://tus.io/protocols/resumable-upload
 */
export const TUS_VERSION = '1.0.0';
export const TUS_EXTENSIONS = 'creation,expiration,checksum,termination';
export const TUS_CHECKSUMS = CHECKSUM_ALGORITHMS.join(',');

/** Longest `Upload-Metadata`, in characters. */
export const MAX_METADATA_LENGTH = 4_096;

/** Longest name of an uploaded file, in bytes of UTF-8. That of most file systems. */
export const MAX_UPLOAD_NAME_BYTES = 255;

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

function refuse(field: string, why: string): StoreError {
  return new StoreError('invalid-request', `cannot accept the upload: ${field} ${why}`, { field });
}

/** @throws StoreError `precondition-failed` unless a request is of version 1.0.0 */
export function checkVersion(headers: Headers): void {
  if (headers['tus-resumable'] === TUS_VERSION) return;
  throw new StoreError(
    'precondition-failed',
    `cannot accept the upload: send Tus-Resumable: ${TUS_VERSION} with each request`,
    { field: 'Tus-Resumable' },
  );
}

/** @throws StoreError `invalid-request` unless the header is a whole number that a file may have bytes */
export function readBytes(headers: Headers, field: 'Upload-Length' | 'Upload-Offset'): number {
  const text = headers[field.toLowerCase()];
  const bytes = Number(text);
  if (typeof text === 'string' && /^\d{1,16}$/.test(text) && Number.isSafeInteger(bytes)) return bytes;
  throw refuse(field, 'must be a number of bytes');
}

/** @throws StoreError `invalid-request` on an unknown algorithm, or a digest of another length */
export function readChecksum(headers: Headers): UploadPart['checksum'] {
  const text = headers['upload-checksum'];
  if (text === undefined) return undefined;
  const [, name, base64 = ''] = /^([a-z0-9]+) ([A-Za-z0-9+/]+={0,2})$/.exec(String(text)) ?? [];
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name);
  const digest = Buffer.from(base64, 'base64');
  const bytes = { sha1: 20, sha256: 32, sha512: 64 };
  if (algorithm !== undefined && digest.length === bytes[algorithm]) return { algorithm, digest };
  throw refuse(
    'Upload-Checksum',
    `must be ${CHECKSUM_ALGORITHMS.join(', ')}, a space, and the digest in Base64`,
  );
}

/** What a client says of a file. */
export interface UploadMetadata {
  /** As it was sent, for `HEAD`. */
  readonly text: string;
  /** The name of the file, without a folder. */
  readonly name: string;
}

/**
 * Reads `Upload-Metadata`. The store uses `filename` alone.
 *
 * @throws StoreError `invalid-request` if it is not a list of keys with values in Base64, or if the file's name is
 *   missing, or is more than a plain name
 */
export function readMetadata(headers: Headers): UploadMetadata {
  const text = headers['upload-metadata'];
  if (typeof text !== 'string' || text === '')
    throw refuse('Upload-Metadata', 'is missing: send `filename` and the name of the file in Base64');
  if (text.length > MAX_METADATA_LENGTH)
    throw refuse('Upload-Metadata', `is longer than ${MAX_METADATA_LENGTH} characters`);
  const values = new Map<string, string>();
  for (const pair of text.split(',')) {
    const [, key, value = ''] = /^ *([\x21-\x2b\x2d-\x7e]+)(?: ([A-Za-z0-9+/]*={0,2}))? *$/.exec(pair) ?? [];
    if (key === undefined || values.has(key))
      throw refuse('Upload-Metadata', 'must be different keys, each with a space and its value in Base64');
    values.set(key, value);
  }
  return { text, name: readName(values.get('filename') ?? '') };
}

/** The name appears in messages, in the history and in the audit trail. No file gets it. */
function readName(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const wrong = (why: string) => refuse('Upload-Metadata', `has an invalid filename: ${why}`);
  if (bytes.length === 0) throw wrong('it is missing');
  if (bytes.length > MAX_UPLOAD_NAME_BYTES) throw wrong(`it is longer than ${MAX_UPLOAD_NAME_BYTES} bytes`);
  const name = bytes.toString('utf8');
  if (!Buffer.from(name, 'utf8').equals(bytes)) throw wrong('it is not UTF-8');
  if (/[/\\]/.test(name) || name === '.' || name === '..')
    throw wrong('give the name alone, without a folder');
  if (/\p{C}/u.test(name) || name.trim() !== name)
    throw wrong('it has invisible characters, or spaces at an end');
  return name;
}

/** The suffix by which an import tells components and assertions; empty for any other. */
export function suffixOf(name: string): string {
  return /\.(?:snap|comp|assert|assertion|assertions)$/i.exec(name)?.[0].toLowerCase() ?? '';
}
