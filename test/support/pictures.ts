const PNG_HEAD = Buffer.from('89504e470d0a1a0a0000000d494844520000004000000020', 'hex');
const GIF_HEAD = Buffer.from('GIF89a\u0040\u0001\u0020\u0000', 'latin1');

/** The beginning of a PNG of 64 by 32 pixels, and as many bytes as are asked for. */
export function png(length: number, fill = 0): Buffer {
  return Buffer.concat([PNG_HEAD, Buffer.alloc(length - PNG_HEAD.length, fill)]);
}

/** The beginning of a GIF of 320 by 32 pixels. */
export function gif(length: number): Buffer {
  return Buffer.concat([GIF_HEAD, Buffer.alloc(length - GIF_HEAD.length)]);
}

/** The beginning of a JPEG, which does not say there how large it is. */
export function jpeg(length: number): Buffer {
  return Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(length - 4)]);
}
