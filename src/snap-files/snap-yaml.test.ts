import { describe, expect, it } from 'vitest';
import { MAX_EPOCH_NUMBERS } from './epoch.js';
import { parseSnapYaml, type SnapYaml } from './snap-yaml.js';
import { isSnapName, MAX_LIST_ITEMS, MAX_YAML_BYTES } from './yaml-fields.js';
import { MAX_YAML_DEPTH, MAX_YAML_NODES } from './yaml/composer.js';

const HEAD = 'name: foo\nversion: "1"\n';
const parse = (text: string): SnapYaml => parseSnapYaml(Buffer.from(text));

describe('parseSnapYaml', () => {
  it('sets the same defaults as snapd', () => {
    expect(parse(HEAD)).toEqual({
      name: 'foo',
      version: '1',
      type: 'app',
      base: undefined,
      confinement: 'strict',
      grade: undefined,
      epoch: { read: [0], write: [0] },
      architectures: ['all'],
      title: undefined,
      summary: '',
      description: '',
      license: undefined,
      links: {},
      provenance: undefined,
      assumes: [],
      appNames: [],
      commonIds: [],
      defaultProviders: [],
      components: {},
    });
  });

  it('reads every field', () => {
    const text = `
name: foo
version: 1.10
type: kernel
base: core24
confinement: classic
grade: devel
epoch: 1*
architectures: [amd64, arm64]
title: Foo 2
summary: >-
  one line
  folded
description: |
  first: line
  second
license: MIT
provenance: my-brand
assumes: [snapd2.55, command-chain]
links:
  contact: [mailto:foo@example.com, https://example.com/contact]
  source-code: [https://example.com]
apps:
  foo: {command: bin/foo, common-id: com.example.foo}
  daemon: {command: bin/daemon}
  bare:
plugs:
  home:
  network: network
  gnome: {interface: content, content: gnome-46, default-provider: 'gnome-46-2404:gnome'}
  themes: {interface: content, default-provider: gtk-common-themes}
  icons: {interface: content, default-provider: gtk-common-themes:icons}
  content: {target: $SNAP/x, default-provider: by-name}
  other: {interface: mount-observe, default-provider: not-content}
components:
  comp-a: {type: standard}
  comp-b: {type: kernel-modules, summary: b}
`;
    expect(parse(text)).toEqual({
      name: 'foo',
      version: '1.10',
      type: 'kernel',
      base: 'core24',
      confinement: 'classic',
      grade: 'devel',
      epoch: { read: [0, 1], write: [1] },
      architectures: ['amd64', 'arm64'],
      title: 'Foo 2',
      summary: 'one line folded',
      description: 'first: line\nsecond\n',
      license: 'MIT',
      links: {
        contact: ['mailto:foo@example.com', 'https://example.com/contact'],
        'source-code': ['https://example.com'],
      },
      provenance: 'my-brand',
      assumes: ['snapd2.55', 'command-chain'],
      appNames: ['foo', 'daemon', 'bare'],
      commonIds: ['com.example.foo'],
      defaultProviders: ['gnome-46-2404', 'gtk-common-themes', 'by-name'],
      components: { 'comp-a': 'standard', 'comp-b': 'kernel-modules' },
    });
  });

  it.each([
    ['1.10', '1.10'],
    ['6.40', '6.40'],
    ['007', '007'],
    ['1e3', '1e3'],
    ['0x10', '0x10'],
    ['1:30', '1:30'],
    ['2024-01-01', '2024-01-01'],
    ['yes', 'yes'],
    ['true', 'true'],
    ['"1.0"', '1.0'],
    ["'null'", 'null'],
    ['!!str 1.0', '1.0'],
    ['&v 2 # comment', '2'],
    [`1${'0'.repeat(31)}`, `1${'0'.repeat(31)}`],
    ['1+', '1+'],
    ['1.0~rc1', '1.0~rc1'],
  ])('reads version %s exactly as written', (written, version) => {
    expect(parse(`name: foo\nversion: ${written}\n`).version).toBe(version);
  });

  it.each(['', '~', 'null', '.1', '1-', '1 2', 'a_b', 'ü', '"1\\n"', `1${'0'.repeat(32)}`, '[1]', '{a: 1}'])(
    'refuses version %j',
    (version) =>
      expect(() => parse(`name: foo\nversion: ${version}\n`)).toThrow(/^cannot read snap.yaml: version /),
  );

  it.each([
    ['', { read: [0], write: [0] }],
    ['0', { read: [0], write: [0] }],
    ['""', { read: [0], write: [0] }],
    ['7', { read: [7], write: [7] }],
    ['1*', { read: [0, 1], write: [1] }],
    ['4294967295', { read: [4_294_967_295], write: [4_294_967_295] }],
    ['{}', { read: [0], write: [0] }],
    ['{read: [0, 1, 2]}', { read: [0, 1, 2], write: [2] }],
    ['{write: [3, 4]}', { read: [3, 4], write: [3, 4] }],
    ['{read: [1, 2, 3], write: [1, 3]}', { read: [1, 2, 3], write: [1, 3] }],
    [`{read: [${[...Array(MAX_EPOCH_NUMBERS).keys()].join()}]}`, { read: [...Array(10).keys()], write: [9] }],
  ])('reads epoch %s', (written, epoch) => expect(parse(`${HEAD}epoch: ${written}\n`).epoch).toEqual(epoch));

  it.each([
    ['0*', 'epoch 0* is invalid'],
    ['01', 'not plain decimal'],
    ['-1', 'not plain decimal'],
    ['1.0', 'not plain decimal'],
    ['4294967296', 'not plain decimal'],
    ['99999999999', 'not plain decimal'],
    ['[1]', 'neither a number nor'],
    ['{read: 1}', 'are not lists'],
    ['{read: []}', 'an empty list'],
    ['{write: []}', 'an empty list'],
    ['{read: [1, 1]}', 'does not rise'],
    ['{read: [2, 1]}', 'does not rise'],
    ['{read: [1], write: [2]}', 'share no number'],
    ['{read: [01]}', 'not plain decimal'],
    [`{read: [${[...Array(MAX_EPOCH_NUMBERS + 1).keys()].join()}]}`, 'over 10 numbers'],
  ])('refuses epoch %s', (written, message) => {
    expect(() => parse(`${HEAD}epoch: ${written}\n`)).toThrow(message);
  });

  it.each([
    ['type: os', 'os'],
    ['type: application', 'app'],
    ['type: base', 'base'],
    ['type:', 'app'],
  ])('reads %s as type %s', (line, type) => expect(parse(`${HEAD}${line}\n`).type).toBe(type));

  it.each(['grade: beta', 'grade: [a]', 'grade: !!int a', 'grade: ~'])(
    'ignores %s, which snapd does not read',
    (line) => expect(parse(`${HEAD}${line}\n`).grade).toBeUndefined(),
  );

  it.each([
    ['a name that is invalid', '../x', ['../x']],
    ['a number', '1.0', []],
    ['a number as a string', '!!str 10', ['10']],
    ['nothing', '~', []],
  ])('reads %s unchanged as the default provider', (_what, written, providers) => {
    const yaml = `${HEAD}plugs: {x: {interface: content, default-provider: ${written}}}\n`;
    expect(parse(yaml).defaultProviders).toEqual(providers);
  });

  it('combines repeated maps, and lets merged entries replace those before them', () => {
    expect(parse(`${HEAD}apps: {a: {}}\napps: {b: {}}\n`).appNames).toEqual(['a', 'b']);
    expect(parse(`${HEAD}apps: {a: {}}\napps:\napps: {b: {}}\n`).appNames).toEqual(['b']);
    expect(parse(`${HEAD}x: &x {title: one}\ntitle: two\n<<: *x\n`).title).toBe('one');
  });

  it.each(['utf16le', 'utf16be'])('reads %s with a byte order mark', (encoding) => {
    const little = Buffer.from(`\ufeff${HEAD}summary: ü😀\n`, 'utf16le');
    const bytes = encoding === 'utf16le' ? little : Buffer.from(little).swap16();
    expect(parseSnapYaml(bytes).summary).toBe('ü😀');
  });

  it('recognises snapd by its name', () => expect(parse('name: snapd\nversion: 1\n').type).toBe('snapd'));

  it.each([
    ['architectures: amd64', ['amd64']],
    ['architectures: []', ['all']],
    ['architectures:', ['all']],
    ['architectures: [all]', ['all']],
  ])('reads %s', (line, names) => expect(parse(`${HEAD}${line}\n`).architectures).toEqual(names));

  it('uses the last of equal keys, merges maps and ignores further documents, as snapd does', () => {
    expect(parse('name: foo\nversion: 1\nversion: 2\n').version).toBe('2');
    const merged = 'x: &x {common-id: a, command: c}\napps: {one: {<<: *x}, two: {<<: [*x], common-id: b}}\n';
    expect(parse(HEAD + merged).commonIds).toEqual(['a', 'b']);
    expect(parse(`${HEAD}---\nname: bar\n`).name).toBe('foo');
    expect(parse(`\uFEFF${HEAD}`).name).toBe('foo');
  });

  it.each([
    ['', 'it is not a map'],
    ['- a', 'it is not a map'],
    ['version: 1', 'name is missing'],
    ['name: foo', 'version is missing'],
    ['name: Foo\nversion: 1', 'name "Foo" is not a snap name'],
    ['name: foo_bar\nversion: 1', 'name "foo_bar" is not a snap name'],
    [`${HEAD}type: core`, 'type "core" is unknown'],
    [`${HEAD}confinement: none`, 'confinement "none" is unknown'],
    [`${HEAD}base: ../x`, 'base "../x" is not a snap name'],
    [`${HEAD}summary: [a]`, 'summary is not a string'],
    [`${HEAD}description: {a: b}`, 'description is not a string'],
    [`${HEAD}architectures: {a: b}`, 'architectures is not a list'],
    [`${HEAD}architectures: [[a]]`, 'an item of architectures is not a string'],
    [`${HEAD}assumes: a`, 'assumes is not a list'],
    [`${HEAD}links: [a]`, 'links is not a map'],
    [`${HEAD}links: {contact: a}`, 'links contact is not a list'],
    [`${HEAD}links: {__proto__: [a]}`, 'links key "__proto__" is invalid'],
    [`${HEAD}apps: [a]`, 'apps is not a map'],
    [`${HEAD}apps: {a: b}`, 'a is not a map'],
    [`${HEAD}apps: {a/b: {}}`, 'app name "a/b" is invalid'],
    [`${HEAD}components: {A: {}}`, 'component "A" is not a snap name'],
    [`${HEAD}provenance: global-upload`, 'provenance names the default'],
    [`${HEAD}provenance: a--b`, 'provenance "a--b" is invalid'],
    [`${HEAD}title: !!int a`, 'line 3: "a" is tagged int, but is not one'],
    [`${HEAD}x: !a!b c`, 'line 3: the handle !a! of a tag is unknown'],
    [`${HEAD}x: *nowhere`, 'alias *nowhere has no anchor before it'],
    [`${HEAD}links: &x {a: [b], <<: *x}`, 'a map is merged into itself'],
    [`${HEAD}links: {<<: a}`, 'a merge (<<) is not a map'],
    [`${HEAD}? [a]\n: b`, 'a key of snap.yaml is not a string'],
    [`${HEAD}x: [`, 'cannot read snap.yaml: '],
    [`${HEAD}\tx: y`, 'cannot read snap.yaml: '],
  ])('refuses %j', (text, message) => {
    const refusal = expect.objectContaining({
      code: 'invalid-snap',
      message: expect.stringContaining(message),
    });
    expect(() => parse(text)).toThrow(refusal);
  });

  it('refuses what is not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from(HEAD), Buffer.from([0x78, 0x3a, 0x20, 0xff])]);
    expect(() => parseSnapYaml(bytes)).toThrow(/^cannot read snap.yaml: /);
  });
});

const list = (count: number): string => `${HEAD}x: [${'a,'.repeat(count)}]`;

describe('limits of snap.yaml', () => {
  it('limits the size', () => {
    const full = `${HEAD}#${'x'.repeat(MAX_YAML_BYTES - HEAD.length - 1)}`;
    expect(parse(full).name).toBe('foo');
    expect(() => parse(`${full}x`)).toThrow('it is over 262144 bytes');
  });

  it('limits the number of values', () => {
    // The top map, four values of the head and `x`, its list, and the list's items.
    const items = MAX_YAML_NODES - 1 - 4 - 2;
    expect(parse(list(items)).name).toBe('foo');
    expect(() => parse(list(items + 1))).toThrow('it has over 100000 values');
  });

  it.each([
    ['assumes', (count: number) => `assumes: [${'a,'.repeat(count)}]`],
    ['links', (count: number) => `links: {${Array.from({ length: count }, (_, i) => `k${i}: [a]`).join()}}`],
  ])('limits the length of %s', (_name, line) => {
    expect(parse(HEAD + line(MAX_LIST_ITEMS)).name).toBe('foo');
    expect(() => parse(HEAD + line(MAX_LIST_ITEMS + 1))).toThrow('over 1024');
  });

  it('limits the depth of merges', () => {
    const merged = (levels: number) =>
      `${HEAD}links:\n${Array.from({ length: levels }, (_, i) => `  l${i}: &m${i + 1} {<<: *m${i}}\n`).join('')}`.replace(
        '{<<: *m0}',
        '{a: [b]}',
      );
    const within = merged(MAX_YAML_DEPTH).replace('links:', 'x:');
    expect(
      parse(`${within}apps: {<<: *m${MAX_YAML_DEPTH - 1}}\n`.replace('{a: [b]}', '{a: {}}')).appNames,
    ).toEqual(['a']);
    const deeper = merged(MAX_YAML_DEPTH + 1).replace('links:', 'x:');
    expect(() => parse(`${deeper}apps: {<<: *m${MAX_YAML_DEPTH + 1}}\n`)).toThrow('it is nested too deeply');
  });

  it('is not enlarged by aliases', () => {
    const levels = Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`);
    expect(parse(`${HEAD}l0: &l0 [a]\n${levels.join('\n')}\n`).name).toBe('foo');
    const maps = Array.from({ length: 30 }, (_, i) => `m${i + 1}: &m${i + 1} {<<: [${`*m${i},`.repeat(9)}]}`);
    expect(parse(`${HEAD}m0: &m0 {a: b}\n${maps.join('\n')}\n`).name).toBe('foo');
  });

  it.each([
    ['[', 'it is nested too deeply'],
    ['{a: ', 'it is nested too deeply'],
    ['- ', 'cannot read snap.yaml: '],
    ['? ', 'cannot read snap.yaml: '],
    ['&a ', 'cannot read snap.yaml: '],
  ])('refuses repeated %j', (piece, message) => {
    const times = Math.floor((MAX_YAML_BYTES - 100) / piece.length / 4);
    expect(() => parse(`${HEAD}x: ${piece.repeat(times)}`)).toThrow(message);
  });
});

describe('isSnapName', () => {
  it.each(['aa', 'a1', '1a', 'a-b', '0-a', 'a'.repeat(40)])('accepts %s', (name) => {
    expect(isSnapName(name)).toBe(true);
  });
  it.each(['', 'a', '11', 'a'.repeat(41), '-aa', 'aa-', 'a--b', 'aA', 'a_b', 'a.b', 'aa\n', 'é1'])(
    'refuses %j',
    (name) => expect(isSnapName(name)).toBe(false),
  );
});
