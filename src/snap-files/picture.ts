import { digestToHex, sha3_384 } from '../common/crypto/digest.js';

/** A picture of a snap. */
export interface SnapMedia {
  readonly type: string;
  /** A path below the origin of this store. */
  readonly url: string;
  readonly width: number | null;
  readonly height: number | null;
}

/** Largest icon, in bytes: snapcore/snapd, store/store_download.go, maxIconFilesize. */
export const MAX_ICON_BYTES = 300_000;
/** Largest picture that is not an icon, in bytes. The official store accepts half of that. */
export const MAX_PICTURE_BYTES = 4 << 20;
/**
 * The most pictures in the listing of one snap. The official store accepts an icon, a banner and five
 * screenshots.
 */
export const MAX_LISTED_PICTURES = 16;
/** Longest side of a picture that a listing may state, in pixels. */
export const MAX_PICTURE_SIDE = 65_535;

/** A picture as it is stored and served. */
export interface Picture {
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
  readonly mediaType: string;
  readonly bytes: Buffer;
  /** In pixels; null if the start of the file does not state it. */
  readonly width: number | null;
  readonly height: number | null;
}

/** A picture in the listing of a snap. */
export interface ListedPicture extends Omit<Picture, 'bytes'> {
  /** `icon`, `screenshot`, `banner` or another type of the upstream store. */
  readonly type: string;
}

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const JPEG = Buffer.from('ffd8ff', 'hex');
const GIF = /^GIF8[79]a$/;
const GIF_NAME_BYTES = 6;
/** The start of a PNG that was made for an Apple telephone, before its IHDR. Viewers skip it. */
const APPLE_CHUNK_BYTES = 16;
const APPLE_PNG = Buffer.from('89504e470d0a1a0a0000000443674249', 'hex');
/** Comments and a document type with its entities may come before the root element. */
const SVG_HEAD_BYTES = 64 << 10;
/** The element may have a prefix, which old programs wrote. */
const SVG = /^\uFEFF?\s*<(?:[^]*<)?(?:[a-zA-Z][-\w]*:)?svg[\s/>]/;
const UTF16_MARKS: readonly (readonly [Buffer, 'utf-16le' | 'utf-16be'])[] = [
  [Buffer.from([0xff, 0xfe]), 'utf-16le'],
  [Buffer.from([0xfe, 0xff]), 'utf-16be'],
];

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/svg+xml': 'svg',
};

/** The kinds of pictures, for an error message. */
export const PICTURE_KINDS = 'PNG, JPEG, GIF or SVG';

const TYPE = /^[a-z][-a-z0-9]{0,31}$/;

/**
 * Whether a listing may have a picture of this type: any word but `video`, which is a link to another site and
 * not a file.
 */
export function isPictureType(type: string): boolean {
  return TYPE.test(type) && type !== 'video';
}

/** Largest size of a picture, in bytes. */
export function maxPictureBytes(type: string): number {
  return type === 'icon' ? MAX_ICON_BYTES : MAX_PICTURE_BYTES;
}

function mediaTypeOf(bytes: Buffer): string | undefined {
  if (pngHeader(bytes)) return 'image/png';
  if (bytes.subarray(0, JPEG.length).equals(JPEG)) return 'image/jpeg';
  if (GIF.test(bytes.subarray(0, GIF_NAME_BYTES).toString('latin1'))) return 'image/gif';
  return SVG.test(headText(bytes)) ? 'image/svg+xml' : undefined;
}

/** The bytes after the signature of a PNG and the name of its first chunk; undefined if it is not a PNG. */
function pngHeader(bytes: Buffer): Buffer | undefined {
  const isApples = bytes.subarray(0, APPLE_PNG.length).equals(APPLE_PNG);
  const start = isApples ? Buffer.concat([PNG.subarray(0, 8), bytes.subarray(8 + APPLE_CHUNK_BYTES)]) : bytes;
  return start.subarray(0, PNG.length).equals(PNG) ? start.subarray(PNG.length, PNG.length + 8) : undefined;
}

function headText(bytes: Buffer): string {
  const head = bytes.subarray(0, SVG_HEAD_BYTES);
  const encoding = UTF16_MARKS.find(([mark]) => head.subarray(0, mark.length).equals(mark))?.[1] ?? 'utf-8';
  return new TextDecoder(encoding).decode(head);
}

const MARKER = 0xff;
/** The segments of a JPEG that start a frame and contain its size. The others of 0xC0 to 0xCF are tables. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** After a frame's marker: length (2), bits (1), height (2), width (2). */
const FRAME_BYTES = 9;

/** The most segments before the frame of a JPEG. A camera writes about ten. */
export const MAX_JPEG_SEGMENTS = 256;

/** ITU-T T.81, B.1 and B.2.2: a JPEG is a series of segments, each with its length. */
function jpegSize(bytes: Buffer): { width: number | null; height: number | null } {
  let at = 2;
  for (let left = MAX_JPEG_SEGMENTS; left > 0 && at + FRAME_BYTES <= bytes.length; left -= 1) {
    if (bytes[at] !== MARKER) break;
    const marker = bytes[at + 1] ?? 0;
    if (isFrame(marker)) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    // Any number of them may come before a marker.
    at += marker === MARKER ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return { width: null, height: null };
}

/**
 * Width and height follow the name of a PNG's first chunk and the name of a GIF: PNG specification, section
 * 11.2.2; GIF89a specification, section 18.
 */
function sizeOf(bytes: Buffer, mediaType: string): { width: number | null; height: number | null } {
  const header = pngHeader(bytes);
  if (header?.length === 8) return { width: header.readUInt32BE(0), height: header.readUInt32BE(4) };
  if (mediaType === 'image/jpeg') return jpegSize(bytes);
  if (mediaType === 'image/gif' && bytes.length >= GIF_NAME_BYTES + 4)
    return { width: bytes.readUInt16LE(GIF_NAME_BYTES), height: bytes.readUInt16LE(GIF_NAME_BYTES + 2) };
  return { width: null, height: null };
}

/**
 * Recognises the kind of a picture file by its content, because its name may be wrong.
 *
 * @returns undefined if it is not a PNG, JPEG, GIF or SVG
 */
export function readPicture(bytes: Buffer): Picture | undefined {
  const mediaType = mediaTypeOf(bytes);
  return mediaType === undefined
    ? undefined
    : { digest: sha3_384(bytes), mediaType, bytes, ...sizeOf(bytes, mediaType) };
}

/** The file name of a picture, which contains the digest of its content. */
export function pictureFileName({ digest, mediaType }: Pick<Picture, 'digest' | 'mediaType'>): string {
  return `${digestToHex(digest)}.${EXTENSIONS[mediaType] ?? ''}`;
}

/** The published facts of a picture. The URL is a path here; answers prepend the origin. */
export function pictureMedia(snapId: string, picture: Omit<ListedPicture, 'bytes'>): SnapMedia {
  const { type, width, height } = picture;
  return { type, url: `/api/v1/snaps/media/${snapId}_${pictureFileName(picture)}`, width, height };
}
