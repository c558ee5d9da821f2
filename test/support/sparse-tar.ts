import { open } from 'node:fs/promises';
import { tarOf, type TarPart } from './tar-file.js';

export const TAR_BLOCK_BYTES = 512;
const END_BYTES = 2 * TAR_BLOCK_BYTES;
const SIZE_FIELD = [124, 135] as const;
const CHECKSUM_FIELD = [148, 156] as const;

/** Puts the checksum into a tar header that fits the rest of it. */
export function setTarChecksum(header: Buffer): void {
  header.fill(' ', ...CHECKSUM_FIELD);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM_FIELD[0], 'latin1');
}

/** Makes a tar header say any size, in eleven octal digits or what stands for them. */
export function setTarSize(header: Buffer, octal: string): void {
  header.write(octal.padStart(SIZE_FIELD[1] - SIZE_FIELD[0], '0'), SIZE_FIELD[0], 'latin1');
  setTarChecksum(header);
}

/** A file of zeros in an archive. */
export interface ZeroPart {
  readonly name: string;
  readonly zeroBytes: number;
}

async function entryOf(part: TarPart | ZeroPart): Promise<Buffer> {
  const whole = await tarOf([part], false);
  const entry = Buffer.from(whole.subarray(0, whole.length - END_BYTES));
  if ('zeroBytes' in part) setTarSize(entry, part.zeroBytes.toString(8));
  return entry;
}

/** Writes a tar whose zeros take no room on the disk. */
export async function writeSparseTar(path: string, parts: readonly (TarPart | ZeroPart)[]): Promise<void> {
  const file = await open(path, 'w');
  let position = 0;
  for (const part of parts) {
    const entry = await entryOf(part);
    await file.write(entry, 0, entry.length, position);
    position += entry.length;
    if ('zeroBytes' in part) position += Math.ceil(part.zeroBytes / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES;
  }
  await file.truncate(position + END_BYTES);
  await file.close();
}

/** As many empty entries, each with a name of its own; without an end, to stand before other entries. */
export async function emptyEntries(count: number, type: 'file' | 'directory'): Promise<Buffer> {
  const first = await tarOf([{ name: 'e000000', header: { type } }], false);
  const template = first.subarray(0, TAR_BLOCK_BYTES);
  const entries = Buffer.alloc(count * TAR_BLOCK_BYTES);
  for (let index = 0; index < count; index += 1) {
    const header = entries.subarray(index * TAR_BLOCK_BYTES, (index + 1) * TAR_BLOCK_BYTES);
    template.copy(header);
    header.write(`e${String(index).padStart(6, '0')}`, 'latin1');
    setTarChecksum(header);
  }
  return entries;
}
