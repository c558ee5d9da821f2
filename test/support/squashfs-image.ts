/**
 * A small SquashFS 4.0 writer for tests: nothing is compressed, so that no tool is needed.
 *
 * ```
 * superblock | data of each file, in blocks of 1 MiB | inode table | directory table | id table
 * ```
 *
 * @see the kernel's Documentation/filesystems/squashfs.rst
 */
const BLOCK_BYTES = 1 << 20;
const BLOCK_LOG = 20;
const SUPERBLOCK_BYTES = 96;
const METADATA_BYTES = 8_192;
const STORED_BLOCK = 1 << 24;
const STORED_METADATA = 0x8000;
const NONE_32 = 0xffff_ffff;
const NONE_64 = 0xffff_ffff_ffff_ffffn;
/** Inodes, data and fragments are stored as they are; there are no fragments and no extended attributes. */
const FLAGS = 0x1 | 0x2 | 0x8 | 0x10 | 0x200;
const GZIP = 1;

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: Map<string, Buffer>;
}

function treeOf(files: Readonly<Record<string, Buffer>>): Folder {
  const root: Folder = { folders: new Map(), files: new Map() };
  for (const [path, bytes] of Object.entries(files)) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    let folder = root;
    for (const part of parts) {
      const next = folder.folders.get(part) ?? { folders: new Map(), files: new Map() };
      folder.folders.set(part, next);
      folder = next;
    }
    folder.files.set(name, bytes);
  }
  return root;
}

function numbers(...fields: readonly (readonly [bits: 16 | 32, value: number])[]): Buffer {
  return Buffer.concat(
    fields.map(([bits, value]) => {
      const field = Buffer.alloc(bits / 8);
      if (bits === 16) field.writeUInt16LE(value);
      else field.writeUInt32LE(value);
      return field;
    }),
  );
}

class ImageWriter {
  readonly data: Buffer[] = [];
  inodes: Buffer = Buffer.alloc(0);
  directories: Buffer = Buffer.alloc(0);
  inodeCount = 0;
  private dataBytes = 0;

  /** @returns where the inode is in the inode table, and its number */
  addFile(bytes: Buffer): { offset: number; number: number } {
    const start = SUPERBLOCK_BYTES + this.dataBytes;
    const blocks: number[] = [];
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES)
      blocks.push(Math.min(BLOCK_BYTES, bytes.length - at) | STORED_BLOCK);
    this.data.push(bytes);
    this.dataBytes += bytes.length;
    const body = numbers(
      [32, start],
      [32, NONE_32],
      [32, 0],
      [32, bytes.length],
      ...blocks.map((size) => [32, size] as const),
    );
    return this.addInode(2, 0o644, body);
  }

  addFolder(folder: Folder, parentNumber: number): { offset: number; number: number } {
    const entries: { name: string; type: number; offset: number; number: number }[] = [];
    for (const [name, child] of folder.folders)
      entries.push({ name, type: 1, ...this.addFolder(child, parentNumber) });
    for (const [name, bytes] of folder.files) entries.push({ name, type: 2, ...this.addFile(bytes) });
    const start = this.directories.length;
    const listing = this.listing(entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
    this.directories = Buffer.concat([this.directories, listing]);
    return this.addInode(
      1,
      0o755,
      numbers([32, 0], [32, 2], [16, listing.length + 3], [16, start], [32, parentNumber]),
    );
  }

  private listing(
    entries: readonly { name: string; type: number; offset: number; number: number }[],
  ): Buffer {
    if (entries.length === 0) return Buffer.alloc(0);
    const base = Math.min(...entries.map(({ number }) => number));
    const head = numbers([32, entries.length - 1], [32, 0], [32, base]);
    const rows = entries.map(({ name, type, offset, number }) =>
      Buffer.concat([
        numbers([16, offset], [16, number - base], [16, type], [16, name.length - 1]),
        Buffer.from(name),
      ]),
    );
    return Buffer.concat([head, ...rows]);
  }

  private addInode(type: number, mode: number, body: Buffer): { offset: number; number: number } {
    const offset = this.inodes.length;
    this.inodeCount += 1;
    const head = numbers([16, type], [16, mode], [16, 0], [16, 0], [32, 0], [32, this.inodeCount]);
    this.inodes = Buffer.concat([this.inodes, head, body]);
    return { offset, number: this.inodeCount };
  }
}

function metadataBlock(table: Buffer): Buffer {
  if (table.length > METADATA_BYTES) throw new Error('too many files for this writer');
  return Buffer.concat([numbers([16, table.length | STORED_METADATA]), table]);
}

/** Makes an image of a few files, path → content; a snap, where `meta/snap.yaml` is among them. */
export function squashfsImage(files: Readonly<Record<string, Buffer>>): Buffer {
  const writer = new ImageWriter();
  const root = writer.addFolder(treeOf(files), 0);
  const data = Buffer.concat(writer.data);
  const inodeTable = metadataBlock(writer.inodes);
  const directoryTable = metadataBlock(writer.directories);
  const ids = metadataBlock(numbers([32, 0]));
  const inodeStart = SUPERBLOCK_BYTES + data.length;
  const idStart = inodeStart + inodeTable.length + directoryTable.length;
  const idPointer = Buffer.alloc(8);
  idPointer.writeBigUInt64LE(BigInt(idStart));
  const usedBytes = idStart + ids.length + idPointer.length;
  const head = Buffer.concat([
    Buffer.from('hsqs'),
    numbers(
      [32, writer.inodeCount],
      [32, 0],
      [32, BLOCK_BYTES],
      [32, 0],
      [16, GZIP],
      [16, BLOCK_LOG],
      [16, FLAGS],
      [16, 1],
      [16, 4],
      [16, 0],
    ),
    ...[
      BigInt(root.offset),
      BigInt(usedBytes),
      BigInt(idStart + ids.length),
      NONE_64,
      BigInt(inodeStart),
      BigInt(inodeStart + inodeTable.length),
      NONE_64,
      NONE_64,
    ].map((value) => {
      const field = Buffer.alloc(8);
      field.writeBigUInt64LE(value);
      return field;
    }),
  ]);
  // Snap files are whole blocks of 4 KiB, as mksquashfs pads them.
  const padding = Buffer.alloc((4_096 - (usedBytes % 4_096)) % 4_096);
  return Buffer.concat([head, data, inodeTable, directoryTable, ids, idPointer, padding]);
}
