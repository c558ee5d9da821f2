import type { Random } from './random.js';

const EMPTY_LINE = Buffer.from('\n\n');
const PIECES = [
  '\n',
  ' ',
  '  ',
  '    ',
  ':',
  ': ',
  '-',
  '  -',
  '\n\n',
  '\t',
  '\r',
  '\0',
  'é',
  '\xff',
  '0',
  '1',
  '9',
  '+',
  '/',
  '"',
];
const LINES = [
  'a: b',
  'a:',
  'a:\n    b',
  'a:\n  - b',
  'a:\n  b: c',
  'revision: 1',
  'format: 1',
  'body-length: 1',
  'type: account',
  '-a: b',
  'A: b',
];

/** Where the headers end: almost all checks are of them. */
function headersEnd(bytes: Buffer): number {
  const end = bytes.indexOf(EMPTY_LINE);
  return end === -1 ? bytes.length : end;
}

function splice(bytes: Buffer, at: number, remove: number, insert: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
}

/** The headers' lines changed, the rest as it was. */
function withLines(bytes: Buffer, edit: (lines: string[]) => void): Buffer {
  const end = headersEnd(bytes);
  const lines = bytes.toString('latin1', 0, end).split('\n');
  edit(lines);
  return Buffer.concat([Buffer.from(lines.join('\n'), 'latin1'), bytes.subarray(end)]);
}

/** Ways to spoil a file of assertions. */
const CHANGES: readonly ((bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer)[] = [
  (bytes, random) => {
    const at = random.below(headersEnd(bytes));
    return splice(bytes, at, 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << random.below(8))]));
  },
  (bytes, random) => splice(bytes, random.below(headersEnd(bytes)), 1 + random.below(4), Buffer.alloc(0)),
  (bytes, random) =>
    splice(bytes, random.below(headersEnd(bytes)), 0, Buffer.from(random.pick(PIECES), 'latin1')),
  (bytes, random) => splice(bytes, random.below(bytes.length), 1, Buffer.from([random.below(256)])),
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => withLines(bytes, (lines) => lines.splice(random.below(lines.length), 1)),
  (bytes, random) =>
    withLines(bytes, (lines) => lines.splice(random.below(lines.length), 0, random.pick(lines))),
  (bytes, random) =>
    withLines(bytes, (lines) => lines.splice(random.below(lines.length), 0, random.pick(LINES))),
  (bytes, random) =>
    withLines(bytes, (lines) => {
      const [from, to] = [random.below(lines.length), random.below(lines.length)];
      [lines[from], lines[to]] = [lines[to] ?? '', lines[from] ?? ''];
    }),
  (bytes, random) =>
    withLines(bytes, (lines) => {
      const at = random.below(lines.length);
      lines[at] = (lines[at] ?? '').replace(
        /: .*/,
        () => `: ${random.pick(['', '0', '-1', '99', 'x', 'a/b', 'true', '2026-01-01T00:00:00Z'])}`,
      );
    }),
  (bytes, random, others) => {
    const other = random.pick(others);
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length)),
      other.subarray(random.below(other.length)),
    ]);
  },
  (bytes, random, others) => {
    const other = random.pick(others);
    const lines = other.toString('latin1', 0, headersEnd(other)).split('\n');
    return withLines(bytes, (own) => own.splice(random.below(own.length), 1, random.pick(lines)));
  },
];

/** Files of assertions, each spoilt in one to three ways. */
export function* changedBytes(
  files: readonly Buffer[],
  count: number,
  random: Random,
): Generator<{ readonly name: string; readonly subject: Buffer; readonly decodeOnly: true }, void, void> {
  for (let made = 0; made < count; made += 1) {
    let subject = random.pick(files);
    for (let changes = 1 + random.below(3); changes > 0 && subject.length > 0; changes -= 1)
      subject = random.pick(CHANGES)(subject, random, files);
    yield { name: `spoilt ${made}`, subject, decodeOnly: true };
  }
}
