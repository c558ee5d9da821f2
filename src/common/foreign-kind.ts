/** How a file begins that this store does not read, and what to tell who gives it. */
interface ForeignKind {
  readonly magic: Buffer;
  readonly what: string;
}

const REPACK = 'unpack it and push what is inside, or pack it again as tar or tar.gz';

/** Magic numbers as file(1) knows them. */
const KINDS: readonly ForeignKind[] = [
  { magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), what: `it is compressed with xz: ${REPACK}` },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), what: `it is compressed with zstd: ${REPACK}` },
  { magic: Buffer.from('BZh'), what: `it is compressed with bzip2: ${REPACK}` },
  { magic: Buffer.from([0x04, 0x22, 0x4d, 0x18]), what: `it is compressed with lz4: ${REPACK}` },
  { magic: Buffer.from('PK\x03\x04'), what: `it is a zip archive: ${REPACK}` },
  { magic: Buffer.from('PK\x05\x06'), what: `it is an empty zip archive: ${REPACK}` },
  { magic: Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]), what: `it is a 7z archive: ${REPACK}` },
  { magic: Buffer.from('Rar!\x1a\x07'), what: `it is a rar archive: ${REPACK}` },
  {
    magic: Buffer.from([0xff, 0xfe]),
    what: 'it is a text in UTF-16: copy the original file in binary mode, without an editor',
  },
  {
    magic: Buffer.from([0xfe, 0xff]),
    what: 'it is a text in UTF-16: copy the original file in binary mode, without an editor',
  },
  {
    magic: Buffer.from([0xef, 0xbb, 0xbf]),
    what: 'it begins with a byte order mark (BOM), which an editor added: copy the original file in binary mode',
  },
  {
    magic: Buffer.from([0x00, 0x05, 0x16, 0x07]),
    what: 'it is a side file of macOS (AppleDouble): give the file of the same name without "._"',
  },
];

const SNAP_MAGIC = Buffer.from('hsqs');
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const HTML = /^\s*<(?:!doctype|html|\?xml)/i;
const QUOTED = /^(?:>[ >]*)+type: /m;
/** The first bytes of a file, of which its kind can be told. */
export const KIND_BYTES = 512;

/**
 * Names a file that is not read anywhere in this store by its first bytes.
 *
 * @param head - the first {@link KIND_BYTES} bytes, or all of a shorter file
 * @returns what it is and what to do, to stand behind the file's name; undefined where it is not known
 */
export function nameForeignKind(head: Buffer): string | undefined {
  if (head.length === 0) return 'it is empty: copy it again';
  const found = KINDS.find(({ magic }) => head.subarray(0, magic.length).equals(magic));
  if (found) return found.what;
  if (head.every((byte) => byte === 0)) return 'it begins with zeros alone: copy it again';
  const text = head.toString('latin1');
  if (HTML.test(text))
    return `it begins with ${JSON.stringify(text.trimStart().slice(0, 20))}: it is a web page, not the file that was to be downloaded`;
  if (QUOTED.test(text)) return 'it is quoted text of a mail: take the attachment as it was sent';
  return undefined;
}

/**
 * Says what keeps a file from being a stream of assertions, where that can be told from its bytes: what
 * mail, Windows and editors do to text.
 *
 * @param bytes - the whole file
 * @returns what is wrong and what to do; undefined where nothing of that kind is
 */
export function explainAssertionFile(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, KIND_BYTES);
  const foreign = nameForeignKind(head);
  if (foreign !== undefined) return foreign;
  if (head.subarray(0, 4).equals(SNAP_MAGIC)) return 'it is a snap: give the .assert file beside it';
  if (head.subarray(0, 2).equals(GZIP_MAGIC)) return 'it is compressed with gzip: unpack it with gunzip';
  if (bytes.subarray(257, 262).toString('latin1') === 'ustar')
    return 'it is a tar archive: push it with `snap-store-proxy push-snap`, or unpack it';
  if (/^type: [^\n]*\r\n/.test(head.toString('latin1')))
    return 'it has Windows line endings (CRLF): copy the original file in binary mode';
  if (/[^\n]\ntype: [a-z-]+\n/.test(bytes.toString('latin1')) && head.subarray(0, 6).toString() === 'type: ')
    return 'an empty line is missing before one of its lines "type: …": assertions that are put one behind the other need one between them';
  return undefined;
}
