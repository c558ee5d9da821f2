import { describe, expect, it } from 'vitest';
import { sha3_384 } from '../common/crypto/digest.js';
import {
  isPictureType,
  MAX_ICON_BYTES,
  MAX_JPEG_SEGMENTS,
  MAX_PICTURE_BYTES,
  maxPictureBytes,
  pictureMedia,
  readPicture,
} from './picture.js';

const PNG = Buffer.from('89504e470d0a1a0a0000000d494844520000004000000020', 'hex');

describe('a picture file', () => {
  it.each<readonly [string, Buffer, object | undefined]>([
    ['a PNG', PNG, { mediaType: 'image/png', width: 64, height: 32 }],
    ['a PNG that is truncated in its size', PNG.subarray(0, -1), { mediaType: 'image/png', width: null }],
    ['a PNG without its first chunk', PNG.subarray(0, 15), undefined],
    ['a JPEG', Buffer.from('ffd8ffe000', 'hex'), { mediaType: 'image/jpeg', width: null, height: null }],
    [
      'a JPEG with its size after other segments',
      Buffer.from('ffd8ffe000044a46ffffffdb0003aaffc0001108002000400301', 'hex'),
      { mediaType: 'image/jpeg', width: 64, height: 32 },
    ],
    [
      'a JPEG with endless segments',
      Buffer.from('ffd8ffe0ffff4a46', 'hex'),
      { mediaType: 'image/jpeg', width: null },
    ],
    [
      'a PNG for iPhones',
      Buffer.from(
        '89504e470d0a1a0a0000000443674249500020062cb877660000000d49484452000000400000002008',
        'hex',
      ),
      { mediaType: 'image/png' },
    ],
    [
      'an SVG with a prefix',
      Buffer.from('<?xml version="1.0"?><svg:svg xmlns:svg="x">'),
      { mediaType: 'image/svg+xml' },
    ],
    ['an SVG in UTF-16', Buffer.from('\ufeff<svg xmlns="x">', 'utf16le'), { mediaType: 'image/svg+xml' }],
    [
      'an SVG after a long document type',
      Buffer.from(`<!DOCTYPE svg [<!ENTITY a "${' '.repeat(8_000)}">]>\n<svg/>`),
      { mediaType: 'image/svg+xml' },
    ],
    ['a WebP', Buffer.from('RIFF\x1a\0\0\0WEBPVP8 ', 'latin1'), undefined],
    ['a web page', Buffer.from('<!DOCTYPE html><html><body>svg</body></html>'), undefined],
    [
      'a GIF',
      Buffer.from('474946383961400120000000', 'hex'),
      { mediaType: 'image/gif', width: 320, height: 32 },
    ],
    ['a GIF of version 87a', Buffer.from('GIF87a\x01\0\x02\0', 'latin1'), { width: 1, height: 2 }],
    [
      'a GIF that is truncated in its size',
      Buffer.from('GIF89a\x01\0\x02', 'latin1'),
      { width: null, height: null },
    ],
    ['a GIF of an unknown version', Buffer.from('GIF88a\x01\0\x02\0', 'latin1'), undefined],
    ['an SVG', Buffer.from('<svg xmlns="x"/>'), { mediaType: 'image/svg+xml' }],
    [
      'an SVG after a comment',
      Buffer.from('\uFEFF <?xml version="1.0"?>\n<!-- a -->\n<svg>'),
      { mediaType: 'image/svg+xml' },
    ],
    ['an SVG that starts too late', Buffer.from(`<!--${' '.repeat(64 << 10)}--><svg>`), undefined],
    ['another element', Buffer.from('<svgx/>'), undefined],
    ['plain text', Buffer.from('svg'), undefined],
    ['nothing', Buffer.alloc(0), undefined],
  ])('%s is recognised by its content', (_what, bytes, expected) => {
    const picture = readPicture(bytes);
    if (expected === undefined) expect(picture).toBeUndefined();
    else expect(picture).toMatchObject({ ...expected, digest: sha3_384(bytes) });
  });

  it('of many segments reports its size up to a limit', () => {
    const frame = Buffer.from('ffc0001108002000400301', 'hex');
    const widthBehind = (segments: number) =>
      readPicture(
        Buffer.concat([
          Buffer.from('ffd8ff', 'hex').subarray(0, 2),
          Buffer.from('ffe00002'.repeat(segments), 'hex'),
          frame,
        ]),
      )?.width;
    expect(widthBehind(MAX_JPEG_SEGMENTS - 1)).toBe(64);
    expect(widthBehind(MAX_JPEG_SEGMENTS)).toBeNull();
  });

  it('has a URL that names its content', () => {
    const picture = readPicture(PNG);
    if (!picture) throw new Error('not a picture');
    const hex = sha3_384(PNG).toString('hex');
    expect(pictureMedia('abc', { ...picture, type: 'icon' })).toEqual({
      type: 'icon',
      url: `/api/v1/snaps/media/abc_${hex}.png`,
      width: 64,
      height: 32,
    });
  });

  it.each(['icon', 'screenshot', 'banner', 'banner-icon', 'x', `x${'y'.repeat(31)}`])(
    'may be listed as %s',
    (type) => expect(isPictureType(type)).toBe(true),
  );

  it.each(['', 'video', 'Icon', '-icon', '1icon', 'an icon', 'icon\n', `x${'y'.repeat(32)}`])(
    'is not listed as %j',
    (type) => expect(isPictureType(type)).toBe(false),
  );

  it('has a lower size limit as an icon', () => {
    expect(['icon', 'screenshot', 'banner-icon'].map(maxPictureBytes)).toEqual([
      MAX_ICON_BYTES,
      MAX_PICTURE_BYTES,
      MAX_PICTURE_BYTES,
    ]);
  });
});
