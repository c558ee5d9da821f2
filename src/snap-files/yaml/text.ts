const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16_LE_MARK = Buffer.from([0xff, 0xfe]);
const UTF16_BE_MARK = Buffer.from([0xfe, 0xff]);

/** YAML 1.1, 5.1: the characters that a text may contain. */
const NOT_ALLOWED = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

function startsWith(bytes: Buffer, mark: Buffer): boolean {
  return bytes.subarray(0, mark.length).equals(mark);
}

function decode(bytes: Buffer): string {
  if (startsWith(bytes, UTF16_LE_MARK) || startsWith(bytes, UTF16_BE_MARK)) {
    const encoding = startsWith(bytes, UTF16_LE_MARK) ? 'utf-16le' : 'utf-16be';
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes.subarray(2));
  }
  const start = startsWith(bytes, UTF8_MARK) ? UTF8_MARK.length : 0;
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(start));
}

/**
 * Decodes a YAML text: UTF-8, or UTF-16 with a byte order mark.
 *
 * @throws Error on other encodings and on control characters
 * @see gopkg.in/yaml.v2: readerc.go
 */
export function decodeYamlText(bytes: Buffer): string {
  let text: string;
  try {
    text = decode(bytes);
  } catch (error) {
    throw new Error('its bytes are not UTF-8', { cause: error });
  }
  const found = NOT_ALLOWED.exec(text)?.[0].codePointAt(0);
  if (found !== undefined)
    throw new Error(
      `it contains a control character, U+${found.toString(16).toUpperCase().padStart(4, '0')}`,
    );
  return text;
}
