import { isFields, textField, type JsonFields } from '../../common/domain/json.js';
import { StoreError } from '../../common/errors.js';
import {
  isPictureType,
  MAX_LISTED_PICTURES,
  MAX_PICTURE_SIDE,
  pictureFileName,
  type Picture,
} from '../../snap-files/picture.js';
import { badDocument } from './bundle-json.js';

/** A picture in the listing of a snap, with its place in the bundle. */
export interface BundledMedium {
  readonly type: string;
  /** Path of the entry. */
  readonly path: string;
  /** In pixels; null if unknown. */
  readonly width: number | null;
  readonly height: number | null;
}

const PATH = /^[^/]{1,256}\/media\/[0-9a-f]{96}\.[a-z]{3}$/;

/** Whether an entry of a bundle is a picture. */
export function isPicturePath(path: string): boolean {
  return PATH.test(path);
}

/** The path of a snap's picture in a bundle. */
export function picturePath(name: string, picture: Pick<Picture, 'digest' | 'mediaType'>): string {
  return `${name}/media/${pictureFileName(picture)}`;
}

/** The width or height of a picture in pixels; null if the value is invalid. */
export function pictureSide(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MAX_PICTURE_SIDE
    ? value
    : null;
}

function parseMedium(document: string, value: unknown): BundledMedium {
  const fields: JsonFields = isFields(value) ? value : {};
  const type = textField(fields, 'type') ?? '';
  const path = textField(fields, 'file') ?? '';
  if (!isPictureType(type)) throw badDocument(document, 'lists a picture without a type');
  if (!isPicturePath(path)) throw badDocument(document, `lists ${type} without its file`);
  return { type, path, width: pictureSide(fields['width']), height: pictureSide(fields['height']) };
}

/**
 * Reads the pictures of a snap's listing: the member `media` of our own `metadata.json`.
 *
 * @param path - path of the document
 * @returns undefined if it has no list
 * @throws StoreError `invalid-bundle` if it lists something that is not a picture, `too-large` if it lists too many
 */
export function parseBundledMedia(path: string, document: unknown): readonly BundledMedium[] | undefined {
  const media = isFields(document) ? document['media'] : undefined;
  if (media === undefined) return undefined;
  if (!Array.isArray(media)) throw badDocument(path, 'has no list of pictures in "media"');
  if (media.length > MAX_LISTED_PICTURES)
    throw new StoreError('too-large', `${path} lists more than ${MAX_LISTED_PICTURES} pictures`);
  return media.map((medium: unknown) => parseMedium(path, medium));
}
