import { describe, expect, it } from 'vitest';
import { sha3_384 } from '../common/digest.js';
import { iconMedia, readIcon } from './icon.js';

const PNG = Buffer.from('89504e470d0a1a0a0000000d494844520000004000000020', 'hex');

describe('an icon file', () => {
  it.each<readonly [string, Buffer, object | undefined]>([
    ['a PNG', PNG, { mediaType: 'image/png', width: 64, height: 32 }],
    ['a PNG that ends in its size', PNG.subarray(0, -1), { mediaType: 'image/png', width: null }],
    ['a PNG without its first chunk', PNG.subarray(0, 15), undefined],
    ['a JPEG', Buffer.from('ffd8ffe000', 'hex'), { mediaType: 'image/jpeg', width: null, height: null }],
    ['an SVG', Buffer.from('<svg xmlns="x"/>'), { mediaType: 'image/svg+xml' }],
    [
      'an SVG behind a comment',
      Buffer.from('\uFEFF <?xml version="1.0"?>\n<!-- a -->\n<svg>'),
      { mediaType: 'image/svg+xml' },
    ],
    ['an SVG that begins too late', Buffer.from(`<!--${' '.repeat(4_096)}--><svg>`), undefined],
    ['another element', Buffer.from('<svgx/>'), undefined],
    ['a text', Buffer.from('svg'), undefined],
    ['nothing', Buffer.alloc(0), undefined],
  ])('%s is known by its content', (_what, bytes, expected) => {
    const icon = readIcon(bytes);
    if (expected === undefined) expect(icon).toBeUndefined();
    else expect(icon).toMatchObject({ ...expected, digest: sha3_384(bytes) });
  });

  it('has a URL that names its content', () => {
    const icon = readIcon(PNG);
    if (!icon) throw new Error('no icon');
    const hex = sha3_384(PNG).toString('hex');
    expect(iconMedia('abc', icon)).toEqual({
      type: 'icon',
      url: `/api/v1/snaps/media/abc_${hex}.png`,
      width: 64,
      height: 32,
    });
  });
});
