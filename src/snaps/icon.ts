import { digestToHex, sha3_384 } from '../common/digest.js';
import type { SnapMedia } from './snap.js';

/** An icon as it is kept and served. */
export interface Icon {
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
  readonly mediaType: string;
  readonly bytes: Buffer;
  /** In pixels; null where the file does not say at its beginning. */
  readonly width: number | null;
  readonly height: number | null;
}

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const JPEG = Buffer.from('ffd8ff', 'hex');
/** Comments and a document type may stand before the root element, but not much more. */
const SVG_HEAD_BYTES = 4_096;
const SVG = /^\uFEFF?\s*<[^]*<svg[\s>]|^\uFEFF?\s*<svg[\s>]/;

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/svg+xml': 'svg',
};

function mediaTypeOf(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, PNG.length).equals(PNG)) return 'image/png';
  if (bytes.subarray(0, JPEG.length).equals(JPEG)) return 'image/jpeg';
  return SVG.test(bytes.subarray(0, SVG_HEAD_BYTES).toString('utf8')) ? 'image/svg+xml' : undefined;
}

/** Width and height stand behind the name of the first chunk: PNG specification, section 11.2.2. */
function sizeOf(bytes: Buffer, mediaType: string): { width: number | null; height: number | null } {
  if (mediaType !== 'image/png' || bytes.length < PNG.length + 8) return { width: null, height: null };
  return { width: bytes.readUInt32BE(PNG.length), height: bytes.readUInt32BE(PNG.length + 4) };
}

/**
 * What an icon file is, by its content: its name may say anything.
 *
 * @returns undefined for what is no PNG, JPEG or SVG
 */
export function readIcon(bytes: Buffer): Icon | undefined {
  const mediaType = mediaTypeOf(bytes);
  return mediaType === undefined
    ? undefined
    : { digest: sha3_384(bytes), mediaType, bytes, ...sizeOf(bytes, mediaType) };
}

/** What is told of an icon. The URL is a path here; answers put the origin before it. */
export function iconMedia(snapId: string, { digest, mediaType, width, height }: Icon): SnapMedia {
  const url = `/api/v1/snaps/media/${snapId}_${digestToHex(digest)}.${EXTENSIONS[mediaType] ?? ''}`;
  return { type: 'icon', url, width, height };
}
