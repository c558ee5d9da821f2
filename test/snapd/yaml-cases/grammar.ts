import { SeededRandom } from './random.js';
import type { YamlCase } from './yaml-oracle.js';

const WORDS = [
  'plain',
  "it's",
  'a: b',
  'x #y',
  '# no',
  'tab\there',
  'ümlaut',
  '😀 two',
  '"q"',
  '- dash',
  '[b',
  'end:',
  'a,b',
  '? q',
];
const SCALARS = [
  'yes',
  'No',
  'on',
  'y',
  'true',
  'null',
  '~',
  'Null',
  '',
  '0',
  '007',
  '0x1F',
  '0o17',
  '0b101',
  '1_000',
  '12:30:45',
  '190:20:30',
  '1.10',
  '1e3',
  '.5',
  '-.inf',
  '.NaN',
  '+1',
  '-0',
  '2024-01-02',
  '2001-12-14t21:59:43.10-05:00',
  '<<',
  '=',
  '!',
  '1.0-rc1',
  '6.40',
];
const TAGS = [
  '!!str',
  '!!int',
  '!!float',
  '!!bool',
  '!!null',
  '!!binary',
  '!!timestamp',
  '!!seq',
  '!!map',
  '!!set',
  '!own',
  '!',
  '!<tag:yaml.org,2002:str>',
  '!!s%74r',
  '!e!x',
  '!!omap',
  '!<!x>',
];
const BREAKS = ['\n', '\n', '\n', '\r\n', '\r', '\u0085', '\u2028'];
const ESCAPES = [
  '\\n',
  '\\t',
  '\\x41',
  '\\u00e9',
  '\\U0001F600',
  '\\_',
  '\\N',
  '\\L',
  '\\\\',
  '\\"',
  '\\/',
  '\\0',
  '\\e',
  '\\q',
  '\\ud800',
  '\\\t',
];
const FIELDS = [
  'summary',
  'description',
  'title',
  'license',
  'version',
  'base',
  'type',
  'confinement',
  'grade',
  'provenance',
  'x-own',
  'epoch',
];

/** Writes descriptions of snaps in every way that YAML has, and in some that it has not. */
class OddYaml {
  private anchors = 0;

  constructor(private readonly random: SeededRandom) {}

  document(): string {
    const { random } = this;
    const lines = [this.start(), `name: ${random.isOneIn(8) ? this.scalar(0) : 'odd-snap'}\n`];
    if (!random.isOneIn(6)) lines.push(`version: ${random.isOneIn(3) ? random.pick(SCALARS) : '1.0'}\n`);
    for (let count = 1 + random.below(5); count > 0; count -= 1) lines.push(this.field());
    if (random.isOneIn(6))
      lines.push(
        random.pick(['---\nname: other\n', '...\n', '...\n]]\n', '--- x\n', '# end', '\t\n', '%X\n']),
      );
    return lines.join('');
  }

  private start(): string {
    return this.random.isOneIn(3)
      ? this.random.pick([
          '---\n',
          '--- ',
          '%YAML 1.1\n---\n',
          '%YAML 1.2\n---\n',
          '%TAG !e! tag:e.test,2000:\n---\n',
          '\ufeff',
          '# c\n',
          '--- # c\n',
          '--- !!map\n',
          '\n\n',
          ' \n',
          '---\n...\n---\n',
          '!!map\n',
          '&top\n',
          '%YAML 1.1 # c\n--- \n',
        ])
      : '';
  }

  private field(): string {
    const { random } = this;
    const comment = random.isOneIn(8) ? `${this.blank()}# comment` : '';
    switch (random.below(12)) {
      case 0:
        return `apps:${this.map(2, () => this.app())}`;
      case 1:
        return `architectures: ${this.list(0)}\n`;
      case 2:
        return `assumes:${this.blockList()}`;
      case 3:
        return `plugs:${this.map(random.pick([1, 2, 4]), () => this.plug())}`;
      case 4:
        return `links:${this.map(2, () => this.list(2))}`;
      case 5:
        return `? ${this.scalar(2)}\n: ${this.scalar(2)}\n`;
      case 6:
        return `epoch: ${random.pick(['1*', '0', '{read: [0, 1], write: [1]}', '{read: [1]}', '[1]', '~', '""', '01', '!!int 3', '0x1'])}${comment}\n`;
      case 7:
        return `? ${random.pick(FIELDS)}\n:${this.blank()}${this.scalar(1)}\n`;
      default:
        return `${this.key()}:${this.blank()}${this.scalar(0)}${comment}\n`;
    }
  }

  private key(): string {
    const { random } = this;
    const field = random.pick(FIELDS);
    return random.pick([
      field,
      field,
      field,
      `"${field}"`,
      `'${field}'`,
      `!!str ${field}`,
      `&k${(this.anchors += 1)} ${field}`,
      `${field} `,
      `"${field.slice(0, 3)}\\x${field.charCodeAt(3).toString(16)}${field.slice(4)}"`,
    ]);
  }

  private blank(): string {
    return this.random.pick([' ', ' ', ' ', '  ', '\t', ' \t', '\n ', '\n   ', '\n', ' # c\n  ']);
  }

  private app(): string {
    const { random } = this;
    return random.pick([
      '{command: bin/x}',
      '{command: x, common-id: org.x}',
      `{command: ${this.scalar(6)}}`,
      '',
      '~',
      '&app {command: y}',
      '*app',
      '{<<: *app, common-id: z}',
      '!!map {}',
      '{"command":x}',
      '{command:x}',
      '{? command : x}',
      '{command, daemon: simple}',
    ]);
  }

  private plug(): string {
    return this.random.pick([
      '',
      'home',
      '{interface: content, default-provider: gtk:x}',
      '{interface: content, default-provider: 1.0}',
      '{interface: content, default-provider: !!str 12ab}',
      '{interface: 7}',
      '[a]',
      '~',
      'yes',
      '{"interface": "content", content: x, default-provider: abc}',
      '{interface: !x content, default-provider: abc-d}',
      '5',
    ]);
  }

  private map(indent: number, value: () => string): string {
    const { random } = this;
    if (random.isOneIn(4))
      return ` {${this.flowSpace()}${['a', 'bb', 'c-c']
        .slice(0, random.below(4))
        .map((key) => `${key}: ${value() || '~'}`)
        .join(`,${this.flowSpace()}`)}${random.pick(['', ','])}${this.flowSpace()}}\n`;
    const pad = ' '.repeat(indent);
    const entries = ['aa', 'bb', 'aa', 'c-1']
      .slice(0, 1 + random.below(4))
      .map((key) => `${pad}${key}:${random.pick([' ', '  ', '\t'])}${value()}\n`);
    return `${random.pick(['', ' ', ' # c', ' !!map', ' &m'])}\n${entries.join(random.pick(['', '', '\n', `${pad}# c\n`, '# c\n']))}`;
  }

  private flowSpace(): string {
    return this.random.pick(['', ' ', '\n', '\n  ', ' # c\n', '\n\t', '\t']);
  }

  private list(depth: number): string {
    const { random } = this;
    const items = [
      'amd64',
      'all',
      '"q"',
      '~',
      "'s'",
      'a: b',
      '[x]',
      '!!str 1',
      '*l',
      '? k',
      '? : v',
      '"a" : b',
      'x:y',
      'http://x',
    ];
    const count = random.below(4);
    const parts = Array.from({ length: count }, () =>
      random.pick(random.isOneIn(2) ? items.slice(0, 3) : items),
    );
    return `${random.pick(['', '', '&l '])}[${this.flowSpace()}${parts.join(`${random.pick(['', ' '])},${this.flowSpace()}`)}${random.pick(['', '', ',', ',,'])}${this.flowSpace()}]${depth > 0 ? '' : random.pick(['', ' ', ' # c'])}`;
  }

  private blockList(): string {
    const { random } = this;
    const pad = ' '.repeat(random.pick([0, 0, 2, 3]));
    const items = Array.from(
      { length: 1 + random.below(3) },
      () => `${pad}-${random.pick([' ', ' ', '\t', '  '])}${this.scalar(pad.length)}\n`,
    );
    return `\n${items.join(random.pick(['', '', '\n', '# c\n']))}`;
  }

  /** @param indent - of the block around it */
  private scalar(indent: number): string {
    const { random } = this;
    const property = random.isOneIn(5)
      ? `${random.pick(TAGS)} `
      : random.isOneIn(8)
        ? `&s${(this.anchors += 1)} `
        : '';
    switch (random.below(8)) {
      case 0:
        return property + this.quoted('"');
      case 1:
        return property + this.quoted("'");
      case 2:
        return property + this.block(indent);
      case 3:
        return property + this.plain(indent);
      case 4:
        return this.anchors > 0 && random.isOneIn(2)
          ? `*s${1 + random.below(this.anchors)}`
          : property + random.pick(SCALARS);
      case 5:
        return property + random.pick(SCALARS);
      default:
        return property + random.pick(['word', 'two words', 'strict', 'core22', 'app', random.pick(WORDS)]);
    }
  }

  private words(most: number): string[] {
    return Array.from({ length: 1 + this.random.below(most) }, () => this.random.pick(WORDS));
  }

  private fold(): string {
    const { random } = this;
    return random.pick([
      ' ',
      ' ',
      random.pick(BREAKS),
      `${random.pick(BREAKS)}${' '.repeat(random.below(6))}`,
      `\n\n${' '.repeat(random.below(3))}`,
      ' \n \n',
      '\n\t',
      '\t\n ',
    ]);
  }

  private quoted(quote: string): string {
    const { random } = this;
    const inner = this.words(4)
      .map((word) => (quote === "'" ? word.replaceAll("'", "''") : word.replaceAll('"', '\\"')))
      .map((word) => (quote === '"' && random.isOneIn(3) ? word + random.pick(ESCAPES) : word))
      .join(this.fold());
    const end = random.pick(['', '', '', '\n', '\n\n', ' ', '\n  ', '\\\n']);
    const text = `${random.pick(['', '', ' ', '\n'])}${inner}${quote === "'" ? end.replaceAll('\\', '') : end}`;
    return random.isOneIn(40) ? quote + text : `${quote}${text}${quote}`;
  }

  private plain(indent: number): string {
    const { random } = this;
    const pads = [' '.repeat(indent + 1), ' '.repeat(indent + 4), ' '.repeat(indent), '\t', ` \t`];
    return this.words(3).join(`${random.pick(BREAKS)}${random.pick(pads)}`);
  }

  private block(indent: number): string {
    const { random } = this;
    const header = random.pick([
      '|',
      '>',
      '|-',
      '>-',
      '|+',
      '>+',
      '|2',
      '>1-',
      '|-2',
      '|0',
      '|10',
      '| # c',
      '>\t',
      '|x',
      '|2+',
      '>9',
    ]);
    const pad = ' '.repeat(indent + random.pick([1, 2, 3, 0]));
    const lines = Array.from({ length: random.below(5) }, () =>
      random.pick([
        '',
        ' ',
        `${pad}${random.pick(WORDS)}`,
        `${pad}  ${random.pick(WORDS)}`,
        `${pad}\t${random.pick(WORDS)}`,
        `${pad} `,
        '\t',
        `${pad}# no`,
        ' '.repeat(9),
      ]),
    );
    return `${header}${random.pick(['\n', '\n', '\r\n'])}${lines.join(random.pick(['\n', '\n', '\n', '\r\n', '\u2028']))}${random.pick(['', '\n', '\n\n'])}`;
  }
}

const PIECES = [
  '\n',
  ' ',
  '  ',
  '\t',
  ':',
  ': ',
  '- ',
  '? ',
  ',',
  '[',
  ']',
  '{',
  '}',
  '#',
  ' #',
  '&a ',
  '*a',
  '!',
  '!!str ',
  '|',
  '>',
  "'",
  '"',
  '\\',
  '---\n',
  '...\n',
  '%',
  '@',
  '`',
  '<<: ',
  '\r',
  '\u0085',
  '\u2028',
  '\ufeff',
  '\u0007',
  '~',
  '=',
  '😀',
];

/** A text with a few changes: what is between good and bad YAML. */
function changed(text: string, random: SeededRandom): string {
  let result = text;
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    const at = random.below(result.length + 1);
    const end = random.isOneIn(2) ? at : Math.min(result.length, at + 1 + random.below(4));
    result = result.slice(0, at) + (random.isOneIn(5) ? '' : random.pick(PIECES)) + result.slice(end);
  }
  return result;
}

function encoded(text: string, random: SeededRandom): Buffer {
  if (!random.isOneIn(12)) return Buffer.from(text);
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  return random.isOneIn(2) ? little : Buffer.from(little).swap16();
}

/**
 * Descriptions of snaps in odd YAML, good and bad; the same ones for the same seed.
 *
 * @param seeds - texts that are changed as well
 */
export function oddYaml(count: number, seed: number, seeds: readonly YamlCase[] = []): YamlCase[] {
  return Array.from({ length: count }, (_, at) => {
    const random = new SeededRandom(seed + at * 7_919);
    const isChange = seeds.length > 0 && random.isOneIn(3);
    const text = isChange ? random.pick(seeds).yaml.toString() : new OddYaml(random).document();
    const odd = isChange || random.isOneIn(3) ? changed(text, random) : text;
    return { name: `odd ${seed} ${at}`, yaml: encoded(odd, random) };
  });
}
