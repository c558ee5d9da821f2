import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generateRsaKey } from '../common/crypto/rsa-key.js';
import { foreignSettingReason } from './foreign-settings.js';
import { parseSettingsYaml, settingsYaml } from './settings-yaml.js';

const read = (yaml: string) => parseSettingsYaml(Buffer.from(yaml));
const PEM = generateRsaKey(2048).export({ type: 'pkcs8', format: 'pem' }).toString();

describe('settingsYaml', () => {
  it('sorts by key and quotes every text', () =>
    expect(settingsYaml({ 'proxy.b': 'true', 'proxy.a': '', 'proxy.B': '80' })).toBe(
      'proxy.B: "80"\nproxy.a: ""\nproxy.b: "true"\n',
    ));

  it('prints a key in PEM as lines', () => {
    const yaml = settingsYaml({ key: PEM });
    expect(yaml.split('\n').slice(0, 2)).toEqual(['key: |', '  -----BEGIN PRIVATE KEY-----']);
    expect(read(yaml)).toEqual({ key: PEM });
  });

  it('of nothing is a map without keys', () => expect(read(settingsYaml({}))).toEqual({}));

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
  ])('brings %j back as it was, for any reader of YAML', (text) => {
    const yaml = settingsYaml({ key: text });
    expect(read(yaml)).toEqual({ key: text });
    expect(parse(yaml)).toEqual({ key: text });
  });

  it('brings every text back', () => {
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
  it('takes numbers and truth values as the texts that they are', () =>
    expect(read('a: 080\nb: True\nc: 0x50\nd: "null"\ne: ""\nf: 1_0\n')).toEqual({
      a: '080',
      b: 'True',
      c: '0x50',
      d: 'null',
      e: '',
      f: '1_0',
    }));

  it.each([
    ['', 'there is nothing in the standard input'],
    ['# only a comment\n', 'there is nothing in the standard input'],
    ['text', 'it must map each key to a text'],
    ['- a\n', 'it must map each key to a text'],
    ['a: 1\na: 2\n', 'a key comes twice'],
    ['a: 1\n---\nb: 2\n', 'it holds more than one document'],
    ['a: "secret\n', 'it is not YAML'],
    ['a:\n', 'a has no value (give "" for an empty one)'],
    ['a: ~\n', 'a has no value (give "" for an empty one)'],
    ['a: [secret]\n', 'a is no text'],
    ['a: {b: c}\n', 'a is no text'],
    ['a: &x b\nc: *x\n', 'c is no text'],
    ['? [a]\n: b\n', 'it has a key that is no text'],
    ['"a\\nb": [1]\n', '"a\\nb" is no text'],
  ])('refuses %j', (yaml, why) =>
    expect(() => read(yaml)).toThrow(
      expect.objectContaining({
        code: 'invalid-setting',
        message: `cannot import settings: ${why}`,
      }) as Error,
    ),
  );

  it('refuses bytes that are no text', () =>
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
  ])('says why %s has none', (key) => expect(foreignSettingReason(key)).toMatch(/^[a-z]/));

  it.each([
    'proxy.domain',
    'proxy.port.http',
    'proxy.port.https',
    'proxy.tls.cert',
    'proxy.nonsense',
    'internal.store.id',
    'internal.airgap.gateway-hash',
    'proxy.cache.size2',
  ])('says nothing of %s', (key) => expect(foreignSettingReason(key)).toBeUndefined());
});
