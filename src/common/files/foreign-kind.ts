/** Recognises files that this store does not read by their first bytes, and tells the operator what to do. */
interface ForeignKind {
  readonly magic: Buffer;
  readonly what: string;
}

const REPACK = 'unpack it and push its content, or pack it again as tar or tar.gz';
const NOT_IT = 'it is the wrong file: copy the original again';
const AS_BINARY = 'copy the original file in binary mode, without an editor';
const FROM_MAIL = 'save the attachment itself and give that';
const ENCRYPTED = 'decrypt it first';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');

function rows(what: (name: string) => string, magics: readonly (readonly [Buffer, string])[]): ForeignKind[] {
  return magics.map(([magic, name]) => ({ magic, what: what(name) }));
}

/** Magic numbers as in file(1). */
const KINDS: readonly ForeignKind[] = [
  ...rows(
    (name) => `it is compressed with ${name}: ${REPACK}`,
    [
      [hex('fd377a585a00'), 'xz'],
      [hex('28b52ffd'), 'zstd'],
      [ascii('BZh'), 'bzip2'],
      [hex('04224d18'), 'lz4'],
      [hex('5d0000'), 'lzma'],
      [hex('894c5a4f'), 'lzop'],
      [ascii('LZIP'), 'lzip'],
      [ascii('LRZI'), 'lrzip'],
      [hex('1f9d'), 'compress (.Z)'],
      [hex('1fa0'), 'compress (.z)'],
      [hex('ff060000734e61507059'), 'snappy'],
      [hex('7801'), 'zlib'],
      [hex('789c'), 'zlib'],
      [hex('78da'), 'zlib'],
    ],
  ),
  ...rows(
    (name) => `it is ${name}: ${REPACK}`,
    [
      [ascii('PK\x03\x04'), 'a zip archive'],
      [ascii('PK\x05\x06'), 'an empty zip archive'],
      [ascii('PK\x07\x08'), 'a zip archive in parts'],
      [hex('377abcaf271c'), 'a 7z archive'],
      [ascii('Rar!\x1a\x07'), 'a rar archive'],
      [ascii('070701'), 'a cpio archive'],
      [ascii('070702'), 'a cpio archive'],
      [ascii('070707'), 'a cpio archive'],
      [hex('c771'), 'a cpio archive'],
      [ascii('MSCF'), 'a cabinet archive of Windows'],
      [ascii('xar!'), 'a xar archive'],
      [ascii('!<arch>\n'), 'an ar archive or a Debian package'],
      [hex('edabeedb'), 'an RPM package'],
      [ascii('SIT!'), 'a StuffIt archive'],
    ],
  ),
  ...rows(
    (name) => `it is ${name}: mount it and give the files in it`,
    [
      [ascii('QFI\xfb'), 'a disk image (qcow2)'],
      [ascii('KDMV'), 'a disk image (VMDK)'],
      [ascii('conectix'), 'a disk image (VHD)'],
      [ascii('vhdxfile'), 'a disk image (VHDX)'],
    ],
  ),
  ...rows(
    (name) => `it is ${name}: ${NOT_IT}`,
    [
      [ascii('%PDF'), 'a PDF document'],
      [ascii('%!PS'), 'a PostScript document'],
      [ascii('{\\rtf'), 'an RTF document'],
      [hex('d0cf11e0'), 'a document of Microsoft Office'],
      [hex('89504e47'), 'a picture (PNG)'],
      [hex('ffd8ff'), 'a picture (JPEG)'],
      [ascii('GIF8'), 'a picture (GIF)'],
      [hex('7f454c46'), 'a program (ELF)'],
      [ascii('MZ'), 'a program of Windows'],
      [ascii('#!'), 'a script'],
      [hex('4c00000001140200'), 'a shortcut of Windows (.lnk)'],
      [ascii('[InternetShortcut]'), 'a link of Windows (.url)'],
      [ascii('bplist00'), 'a property list of macOS, such as a .webloc link'],
      [ascii('book\0\0\0\0mark'), 'an alias of macOS'],
      [ascii('SQLite format 3'), 'a database (SQLite)'],
      [ascii('sqsh'), 'a file system image of another kind (big-endian squashfs)'],
    ],
  ),
  ...rows(
    (name) => `it is encrypted with ${name}: ${ENCRYPTED}`,
    [
      [ascii('Salted__'), 'openssl'],
      [ascii('age-encryption.org/'), 'age'],
      [ascii('-----BEGIN PGP MESSAGE'), 'PGP'],
    ],
  ),
  {
    magic: ascii('-----BEGIN '),
    what: 'it is a PEM file (a key, a certificate or a signature), not an assertion: give the .assert file',
  },
  {
    magic: ascii('version https://git-lfs.github.com/'),
    what: 'it is a Git LFS pointer, not the file: run `git lfs pull` there and copy it again',
  },
  {
    magic: ascii('/annex/objects/'),
    what: 'it is a git-annex pointer, not the file: run `git annex get`',
  },
  { magic: ascii('[ZoneTransfer]'), what: 'it is a side file of Windows (Zone.Identifier): leave it out' },
  { magic: hex('fffe'), what: `it is UTF-16 text: ${AS_BINARY}` },
  { magic: hex('feff'), what: `it is UTF-16 text: ${AS_BINARY}` },
  {
    magic: hex('efbbbf'),
    what: 'it starts with a byte order mark (BOM), which an editor added: copy the original file in binary mode',
  },
  ...rows(
    () => 'it is a side file of macOS (AppleDouble): give the file of the same name without "._"',
    [
      [hex('00051607'), ''],
      [hex('00051600'), ''],
    ],
  ),
  {
    magic: ascii('dHlwZTog'),
    what: 'it is an assertion in base64, as in mail: decode it (base64 -d) and give the result',
  },
];

const SQUASHFS_MAGIC = ascii('hsqs');
const GZIP_MAGIC = hex('1f8b');
const TAR_MAGIC = ascii('ustar');
const TAR_MAGIC_OFFSET = 257;

function hasAt(head: Buffer, magic: Buffer, offset = 0): boolean {
  return head.subarray(offset, offset + magic.length).equals(magic);
}

export const isSquashfs = (head: Buffer): boolean => hasAt(head, SQUASHFS_MAGIC);
export const isGzip = (head: Buffer): boolean => hasAt(head, GZIP_MAGIC);
/** In a tar since POSIX.1-1988. Older ones have no mark. */
export const isTar = (head: Buffer): boolean => hasAt(head, TAR_MAGIC, TAR_MAGIC_OFFSET);

/** The end of a boot sector. */
const BOOT_MARK = { at: 510, bytes: Buffer.from([0x55, 0xaa]) } as const;
const HTML = /^\s*<(?:!doctype|html|\?xml)/i;
const QUOTED = /^(?:>[ >]*)+type: /m;
const MAIL =
  /^(?:From |Return-Path:|Received:|Delivered-To:|MIME-Version:|Content-Type:|Message-ID:|Subject:)/i;
const JSON_START = /^\s*[{[]/;
/** The message of the first error in a store's answer, as `/v2/` and the older interfaces write it. */
const STORE_ERROR = /"(?:message|detail|error_message)"\s*:\s*"((?:[^"\\]|\\.){1,200})/;
/** The number of first bytes that are enough to recognise a file. */
export const KIND_BYTES = 512;

function explainText(text: string): string | undefined {
  if (HTML.test(text))
    return `it starts with ${JSON.stringify(text.trimStart().slice(0, 20))}: it is a web page, not the file to download`;
  if (QUOTED.test(text)) return 'it is quoted text from a mail: use the attachment as it was sent';
  if (MAIL.test(text)) return `it is a mail, not its attachment: ${FROM_MAIL}`;
  if (!JSON_START.test(text)) return undefined;
  const said = STORE_ERROR.exec(text)?.[1];
  return said === undefined
    ? "it is JSON, such as a server's answer, not the file to download: download it again"
    : `it is an error message of a server (${JSON.stringify(said)}), not the file: download it again`;
}

/**
 * Recognises a file that this store never reads by its first bytes.
 *
 * @param head - the first {@link KIND_BYTES} bytes, or all of a shorter file
 * @returns its kind and what to do, to follow the file's name in a message; undefined if it is unknown
 */
export function nameForeignKind(head: Buffer): string | undefined {
  if (head.length === 0) return 'it is empty: copy it again';
  const found = KINDS.find(({ magic }) => hasAt(head, magic));
  if (found) return found.what;
  if (head.every((byte) => byte === 0)) return 'it starts with zeros only: copy it again';
  const text = explainText(head.toString('latin1'));
  if (text !== undefined) return text;
  const { at, bytes } = BOOT_MARK;
  return hasAt(head, bytes, at) ? 'it is a disk image: mount it and give the files in it' : undefined;
}

/**
 * Typical damage of assertion files in transport, by its pattern. Each pattern is searched in the whole text.
 */
const SPOILED: readonly (readonly [RegExp, string])[] = [
  [/^type: [^\n]*\r\n/, `it has Windows line endings (CRLF): copy the original file in binary mode`],
  [/^type: [^\n]*\r(?!\n)/, `it has old Mac line endings (CR): copy the original file in binary mode`],
  [/\r\n/, 'some of its lines have Windows line endings (CRLF): copy the original file in binary mode'],
  [/\0/, 'it contains zero bytes: its copy is damaged, copy it again'],
  // oxlint-disable-next-line no-control-regex -- the pattern looks for Ctrl-Z
  [/\u001a\n*$/, 'it ends with Ctrl-Z, which DOS programs add: copy the original file in binary mode'],
  [/^[ \t]+[a-z][-a-z0-9]*:|^type: [^\n]*\n[ \t]+[a-z][-a-z0-9]*: /, `its lines are indented: ${AS_BINARY}`],
  [/=3D/, `it is in the quoted-printable form of mail: ${FROM_MAIL}`],
  [/&(?:lt|gt|amp|quot);/, `it contains HTML, as copied from a web page: ${AS_BINARY}`],
  [/^type: [^\n]*[ \t]\n/, `spaces were added at the ends of its lines: ${AS_BINARY}`],
  [
    /^(?=type: )[^]*[^\n]\ntype: [a-z-]+\n/,
    'an empty line is missing before one of its lines "type: …": put an empty line between assertions',
  ],
  [/^[a-z0-9-]+: ?\n[A-Za-z0-9_-]{64}\n/m, `its long lines were wrapped, as mail programs do: ${FROM_MAIL}`],
];

/**
 * Explains why a file is not a valid stream of assertions, if its bytes show a known cause: damage by mail
 * programs, Windows or editors.
 *
 * @param bytes - the whole file
 * @returns the damage and what to do; undefined if none is found
 */
export function explainAssertionFile(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, KIND_BYTES);
  const foreign = nameForeignKind(head);
  if (foreign !== undefined) return foreign;
  if (isSquashfs(head)) return 'it is a snap: give the .assert file next to it';
  if (isGzip(head)) return 'it is compressed with gzip: unpack it with gunzip';
  if (isTar(head)) return 'it is a tar archive: push it with `snap-store-proxy push-snap`, or unpack it';
  const text = bytes.toString('latin1');
  return SPOILED.find(([sign]) => sign.test(text))?.[1];
}
