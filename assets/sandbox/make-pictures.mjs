// Draws the pictures that sandbox-hello is listed with, without a program that draws: an icon and a screenshot as PNG,
// a banner as SVG. Usage: make-pictures.mjs FOLDER
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

const [folder = '.'] = process.argv.slice(2);

const INK = [0x26, 0x2a, 0x33];
const PAPER = [0xf4, 0xf1, 0xea];
const ACCENT = [0xe9, 0x54, 0x20];

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** PNG specification, sections 5 and 11: eight bits of red, green and blue, no interlacing. */
function png(width, height, colourAt) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = 1 + 3 * width;
  const pixels = Buffer.alloc(row * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) pixels.set(colourAt(x, y), y * row + 1 + 3 * x);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const data = deflateSync(pixels, { level: 9 });
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

/** A speech bubble. */
function icon(x, y) {
  const inBubble = Math.hypot((x - 64) / 52, (y - 56) / 40) < 1;
  const inTail = y >= 80 && y < 116 && x >= 36 && x < 36 + (116 - y);
  const inDot = [40, 64, 88].some((at) => Math.hypot(x - at, y - 56) < 7);
  return inDot ? PAPER : inBubble || inTail ? ACCENT : PAPER;
}

/** A terminal with a line of text and a prompt. */
function screenshot(x, y) {
  if (y < 16) return [12, 26, 40].some((at) => Math.hypot(x - at, y - 8) < 4) ? ACCENT : PAPER;
  const inLine = y >= 32 && y < 40 && x >= 12 && x < 180 && Math.floor(x / 6) % 4 !== 3;
  const inPrompt = y >= 52 && y < 60 && x >= 12 && x < 20;
  return inLine ? PAPER : inPrompt ? ACCENT : INK;
}

const BANNER = `<svg xmlns="http://www.w3.org/2000/svg" width="720" height="240" viewBox="0 0 720 240">
  <rect width="720" height="240" fill="#262a33"/>
  <text x="360" y="136" fill="#f4f1ea" font-family="sans-serif" font-size="56" text-anchor="middle">hello</text>
</svg>
`;

writeFileSync(join(folder, 'sandbox-hello_icon.png'), png(128, 128, icon));
writeFileSync(join(folder, 'sandbox-hello_screenshot.png'), png(320, 180, screenshot));
writeFileSync(join(folder, 'sandbox-hello_banner.svg'), BANNER);
