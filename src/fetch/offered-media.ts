import { pictureSide } from '../bundles/format/bundled-media.js';
import { isFields, textField, type JsonFields } from '../common/domain/json.js';
import { isPictureType, MAX_LISTED_PICTURES } from '../snap-files/picture.js';

/** Longest URL of a picture, in characters. */
export const MAX_PICTURE_URL_LENGTH = 2_048;

/** A picture that the upstream store lists a snap with. */
export interface OfferedMedium {
  readonly type: string;
  readonly url: URL;
  readonly width: number | null;
  readonly height: number | null;
}

/** The usable pictures of an upstream store's list. */
export interface OfferedMedia {
  readonly media: readonly OfferedMedium[];
  /** Why the others are left out, one line for each. */
  readonly refused: readonly string[];
}

/** Plain http is accepted only if the store itself is asked over plain http. */
function isSafe({ protocol }: URL, base: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && base.protocol === 'http:');
}

function parseMedium(value: unknown, base: URL): OfferedMedium | string {
  const fields = isFields(value) ? value : {};
  const type = textField(fields, 'type') ?? '';
  const text = textField(fields, 'url') ?? '';
  if (!isPictureType(type)) return 'a picture: it has no type';
  if (text === '' || text.length > MAX_PICTURE_URL_LENGTH || !URL.canParse(text, base.href))
    return `${type}: it has no valid URL of at most ${MAX_PICTURE_URL_LENGTH} characters`;
  const url = new URL(text, base.href);
  if (!isSafe(url, base))
    return `${type}: its URL begins with ${url.protocol}, which is less secure than ${base.origin}`;
  return { type, url, width: pictureSide(fields['width']), height: pictureSide(fields['height']) };
}

/**
 * Reads the list `media` of an `info` answer. Videos are skipped: they are links to other sites, which a network
 * without internet cannot reach.
 *
 * @param base - the upstream store
 * @returns undefined if the answer has no such list
 * @see snapcore/snapd: store/details_v2.go, storeSnapMedia
 */
export function offeredMedia(info: JsonFields, base: URL): OfferedMedia | undefined {
  const listed = isFields(info['snap']) ? info['snap']['media'] : undefined;
  if (!Array.isArray(listed)) return undefined;
  const pictures = listed.filter((value) => !isFields(value) || value['type'] !== 'video');
  const parsed = pictures.slice(0, MAX_LISTED_PICTURES).map((value) => parseMedium(value, base));
  const beyond = pictures.length - parsed.length;
  return {
    media: parsed.filter((one) => typeof one !== 'string'),
    refused: [
      ...parsed.filter((one) => typeof one === 'string'),
      ...(beyond > 0 ? [`${beyond} pictures: the limit is ${MAX_LISTED_PICTURES}`] : []),
    ],
  };
}
