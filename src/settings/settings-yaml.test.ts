import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generateRsaKey } from '../common/crypto/rsa-key.js';
import { foreignSettingReason } from './foreign-settings.js';
import { parseSettingsYaml, settingsYaml } from './settings-yaml.js';

const read = (yaml: string) => parseSettingsYaml(Buffer.from(yaml));
const PEM = generateRsaKey(2048).export({ type: 'pkcs8', format: 'pem' }).toString();

describe('settingsYaml', () => {
  it('sorts by key and quotes every string', () =>
    expect(settingsYaml({ 'proxy.b': 'true', 'proxy.a': '', 'proxy.B': '80' })).toBe(
      'proxy.B: "80"\nproxy.a: ""\nproxy.b: "true"\n',
    ));

  it('prints a key in PEM as a block of lines', () => {
    const yaml = settingsYaml({ key: PEM });
    expect(yaml.split('\n').slice(0, 2)).toEqual(['key: |', '  -----BEGIN PRIVATE KEY-----']);
    expect(read(yaml)).toEqual({ key: PEM });
  });

  it('prints an empty map when there are no settings', () => expect(read(settingsYaml({}))).toEqual({}));

  it.each([
    '\n',
    ' a\nb\n',
    'a\nb',
    'a\n\n\n',
    'a\r\nb\n',
    'a\tb\nc\n',
    '# a\nb\n',
    '---\na\n',
    '\u0085\u2028\n',
    'null',
  ])('restores %j exactly, in any YAML parser', (text) => {
    const yaml = settingsYaml({ key: text });
    expect(read(yaml)).toEqual({ key: text });
    expect(parse(yaml)).toEqual({ key: text });
  });

  it('restores every string', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((each) => !/\p{Surrogate}/u.test(each));
    const lines = fc.array(text).map((each) => each.join('\n'));
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(text, lines)), (texts) => {
        expect(read(settingsYaml(texts))).toEqual({ ...texts });
      }),
    );
  });
});

describe('parseSettingsYaml', () => {
  it('reads numbers and booleans as the strings that were written', () =>
    expect(read('a: 080\nb: True\nc: 0x50\nd: "null"\ne: ""\nf: 1_0\n')).toEqual({
      a: '080',
      b: 'True',
      c: '0x50',
      d: 'null',
      e: '',
      f: '1_0',
    }));

  it.each([
    ['', 'the standard input is empty'],
    ['# only a comment\n', 'the standard input is empty'],
    ['text', 'it must map each key to a string'],
    ['- a\n', 'it must map each key to a string'],
    ['a: 1\na: 2\n', 'a key occurs twice'],
    ['a: 1\n---\nb: 2\n', 'it contains more than one document'],
    ['a: "secret\n', 'it is not YAML'],
    ['a:\n', 'a has no value (give "" for an empty one)'],
    ['a: ~\n', 'a has no value (give "" for an empty one)'],
    ['a: [secret]\n', 'a is not a string'],
    ['a: {b: c}\n', 'a is not a string'],
    ['a: &x b\nc: *x\n', 'c is not a string'],
    ['? [a]\n: b\n', 'it has a key that is not a string'],
    ['"a\\nb": [1]\n', '"a\\nb" is not a string'],
  ])('refuses %j', (yaml, why) =>
    expect(() => read(yaml)).toThrow(
      expect.objectContaining({
        code: 'invalid-setting',
        message: `cannot import settings: ${why}`,
      }) as Error,
    ),
  );

  it('refuses bytes that are not UTF-8', () =>
    expect(() => parseSettingsYaml(Buffer.from('a: \xff\n', 'latin1'))).toThrow(
      'cannot import settings: it is not UTF-8',
    ));
});

describe('foreignSettingReason', () => {
  it.each([
    'proxy.port.snapauth',
    'proxy.port.memcached',
    'proxy.cache.size',
    'proxy.memcached.connection',
    'proxy.storage.s3.secret-access-key',
    'internal.snapassert.signing.revisions.key-id',
    'internal.airgap.store.admin.macaroon-sha3-384',
    'internal.snaprevs.db',
  ])('explains why %s has no meaning here', (key) => expect(foreignSettingReason(key)).toMatch(/^[a-z]/));

  it.each([
    'proxy.domain',
    'proxy.port.http',
    'proxy.port.https',
    'proxy.tls.cert',
    'proxy.nonsense',
    'internal.store.id',
    'internal.airgap.gateway-hash',
    'proxy.cache.size2',
  ])('gives no reason for %s', (key) => expect(foreignSettingReason(key)).toBeUndefined());
});
