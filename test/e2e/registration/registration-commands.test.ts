import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publicKeyId } from '../../../src/assertions/format/keys.js';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { privatePem } from '../../../src/common/crypto/pem.js';
import { MAX_API_KEY_LENGTH, MIN_API_KEY_LENGTH } from '../../../src/devices/device-models.service.js';
import { MAX_KEY_NAME_LENGTH } from '../../../src/keys/signing-keys.service.js';
import { Cli } from '../../support/cli.js';
import { CommandStore } from '../../support/command-store.js';
import { runOnTerminal } from '../../support/program.js';
import { secretFile } from '../../support/secret-file.js';
import { TestStoreStack } from '../../support/store-stack.js';

const stack = new TestStoreStack();
const brandKey = stack.key('brand brand');
let directory: string;
let machine: CommandStore;

beforeAll(async () => {
  machine = await CommandStore.start();
  ({ directory } = machine);
  writeFileSync(join(directory, 'root.assert'), encodeStream(stack.trusted()));
  const models = [
    stack.model(),
    stack.model({ model: 'shared' }),
    stack.model({ model: 'shared', brandId: 'other' }),
  ];
  writeFileSync(join(directory, 'models.assert'), encodeStream(stack.chain(...models)));
  writeFileSync(join(directory, 'brand.pem'), privatePem(brandKey));
  writeFileSync(join(directory, 'other.pem'), privatePem(stack.key('brand other')));
  writeFileSync(join(directory, 'short.pem'), privatePem(stack.key('short')).slice(0, 600));
  const settings = [`proxy.trusted-assertions=${join(directory, 'root.assert')}`];
  expect(await cli.run('config', ...settings)).toMatchObject({ status: 0 });
  expect(await cli.run('ack', join(directory, 'models.assert'))).toMatchObject({ status: 0 });
});
afterAll(() => machine.stop());

const cli = new Cli(() => machine.dataDir);

describe('keys', () => {
  it('imports a key from a file, and shows its account', async () => {
    expect(await cli.ok('create', 'key', 'brand-key', '--from-file', join(directory, 'brand.pem'))).toBe(
      "Signing key 'brand-key' created.\n",
    );
    const { keys } = JSON.parse(await cli.ok('list', 'keys', '--json')) as { keys: object[] };
    expect(keys).toMatchObject([
      { name: 'brand-key', 'sha3-384': publicKeyId(brandKey), 'account-id': 'brand', token: false },
    ]);
  });

  it('generates a key, whose account is not known yet, and refuses to sign with it', async () => {
    expect(await cli.ok('create', 'key', 'new-key')).toBe("Signing key 'new-key' created.\n");
    const [head, ...lines] = (await cli.ok('list', 'keys')).trimEnd().split('\n');
    expect(head).toMatch(/^Name +SHA3-384 +Account +Kept in$/);
    expect(lines).toEqual([
      expect.stringMatching(/^brand-key +\S{64} +brand +database$/),
      expect.stringMatching(/^new-key +\S{64} +- +database$/),
    ]);
    await cli.ok('create', 'model', 'my-model', '--no-api-key');
    expect(await cli.refused('create', 'serial-policy', '--model', 'my-model', '--key', 'new-key')).toMatch(
      /^cannot create serial policy: the store does not hold the account-key of new-key, \S{64}: have it signed and import it with `ack`$/,
    );
  });

  it('refuses invalid names and files, and existing keys', async () => {
    const longest = 'k'.repeat(MAX_KEY_NAME_LENGTH);
    expect(await cli.refused('create', 'key', `${longest}k`)).toMatch(/^cannot create key .*: use up to 64 /);
    expect(await cli.refused('create', 'key', 'a--b')).toMatch(/^cannot create key "a--b": use up to 64 /);
    expect(await cli.refused('create', 'key', 'new-key')).toBe(
      'cannot create key "new-key": a key with this name already exists',
    );
    expect(await cli.refused('create', 'key', 'again', '--from-file', join(directory, 'brand.pem'))).toBe(
      'cannot create key "again": it is the same key as brand-key',
    );
    expect(await cli.refused('create', 'key', 'cut', '--from-file', join(directory, 'short.pem'))).toBe(
      `cannot import key ${join(directory, 'short.pem')}: it is not a private key in PEM`,
    );
    expect(await cli.refused('create', 'key', 'no', '--token')).toBe(
      'cannot generate a key in the PKCS#11 token: set proxy.hsm.module, proxy.hsm.token-label and proxy.hsm.token-pin',
    );
    await cli.ok('create', 'key', longest, '--from-file', join(directory, 'other.pem'));
  });
});

describe('models', () => {
  it('need an assertion in the store, and a brand if the name is ambiguous', async () => {
    expect(await cli.refused('create', 'model', 'nothing', '--no-api-key')).toBe(
      'cannot create model: the store holds no model "nothing": import its assertion with `ack`',
    );
    expect(await cli.refused('create', 'model', 'shared', '--no-api-key')).toBe(
      'cannot create model: several brands have a model "shared": give --brand',
    );
    const options = ['--brand', 'other', '--no-api-key', '--remodel-from', 'brand/my-model'];
    expect(JSON.parse(await cli.ok('create', 'model', 'shared', ...options, '--json'))).toEqual({
      'brand-id': 'other',
      name: 'shared',
      'api-key': null,
      'remodel-from': ['brand/my-model'],
      'max-serials': 10_000,
      'hardware-issuers': [],
      'signing-key': null,
    });
    expect(await cli.refused('create', 'model', 'shared', '--brand', 'other', '--no-api-key')).toBe(
      'cannot create model "shared": it already exists (use --replace to change it)',
    );
    expect(
      await cli.refused(
        'create',
        'model',
        'shared',
        '--brand',
        'brand',
        '--no-api-key',
        '--remodel-from',
        'x',
      ),
    ).toBe('cannot create model "shared": model "brand/x" of --remodel-from does not exist');
  });

  it('may require a proof of the hardware instead of an API key', async () => {
    const words = ['create', 'model', 'shared', '--brand', 'other', '--replace'];
    const issuers = ['--hardware-identity', 'other', '--hardware-identity', 'brand'];
    expect(JSON.parse(await cli.ok(...words, ...issuers, '--json'))).toMatchObject({
      'api-key': null,
      'hardware-issuers': ['other', 'brand'],
    });
    expect(await cli.ok('list', 'models')).toMatch(/shared.*hardware identity/);
    expect(await cli.refused(...words, ...issuers, '--api-key', 'abcdefgh12345678')).toBe(
      'cannot create model: give --hardware-identity or --api-key, not both',
    );
    expect(await cli.refused(...words, '--hardware-identity', 'nobody')).toBe(
      'cannot create model "shared": the store holds no account "nobody" to issue hardware identities: import it with `ack`',
    );
    await cli.ok(...words, '--no-api-key');
  });

  it('have the maximum number of serials that the operator sets', async () => {
    const words = ['create', 'model', 'shared', '--brand', 'other', '--no-api-key', '--replace'];
    for (const bad of ['0', '-1', '1.5', '2147483648', 'many'])
      expect(await cli.refused(...words, `--max-serials=${bad}`)).toBe(
        `cannot create model: --max-serials "${bad}" is invalid: give a number from 1 to 2147483647`,
      );
    for (const number of [1, 2_147_483_647])
      expect(JSON.parse(await cli.ok(...words, `--max-serials=${number}`, '--json'))).toMatchObject({
        'max-serials': number,
      });
    expect(JSON.parse(await cli.ok(...words, '--json'))).toMatchObject({ 'max-serials': 10_000 });
  });

  it('have an API key of letters and digits, which the command asks for', async () => {
    const why = 'cannot use API key: give 8 to 128 letters and digits';
    const words = ['create', 'model', 'my-model', '--replace', '--api-key'];
    for (const bad of ['a'.repeat(MIN_API_KEY_LENGTH - 1), 'a'.repeat(MAX_API_KEY_LENGTH + 1), 'abc-defgh'])
      expect(await cli.refused(...words, secretFile(directory, bad))).toBe(why);
    await cli.ok(...words, secretFile(directory, 'a'.repeat(MAX_API_KEY_LENGTH)));
    await cli.ok(...words, secretFile(directory, 'a'.repeat(MIN_API_KEY_LENGTH)));
    const { status, shown } = await runOnTerminal(
      ['--data', machine.dataDir, 'create', 'model', 'my-model', '--replace'],
      [['API key: ', 'Secret123\n']],
    );
    expect({ status, shown }).toMatchObject({ status: 0, shown: expect.stringContaining("'my-model'") });
    expect(await cli.ok('list', 'models')).toMatch(
      /^Name +API key +Active serial signing key +Brand\nmy-model +Secret123 +- +brand\nshared +- +- +other\n$/,
    );
  });
});

describe('serial policies', () => {
  it('apply in the newest revision', async () => {
    const words = ['create', 'serial-policy', '--model', 'my-model', '--key', 'brand-key'];
    expect(await cli.ok(...words)).toBe(
      "Serial policy 1 of model 'my-model' created: key 'brand-key' signs.\n",
    );
    expect(JSON.parse(await cli.ok(...words, '--json'))).toEqual({
      'brand-id': 'brand',
      model: 'my-model',
      revision: 2,
      'signing-key': 'brand-key',
    });
    expect(await cli.ok('list', 'serial-policies')).toMatch(
      /^Model +Revision +Signing key +Brand\nmy-model +1 +brand-key +brand\nmy-model +2 +brand-key +brand\n$/,
    );
    expect(await cli.ok('list', 'models')).toMatch(/^my-model +Secret123 +brand-key +brand$/m);
  });

  it('are prompted for if values are missing', async () => {
    const { status, shown } = await runOnTerminal(
      ['--data', machine.dataDir, 'create', 'serial-policy'],
      [
        ['Model: ', 'my-model\n'],
        ['Signing key: ', 'brand-key\n'],
      ],
    );
    expect({ status, shown }).toMatchObject({ status: 0, shown: expect.stringContaining('Serial policy 3') });
    expect(await cli.run('create', 'serial-policy', '--model', 'my-model')).toMatchObject({
      status: 1,
      stderr: 'Signing key: \nerror: cannot create serial policy: give --model and --key\n',
    });
  });

  it('need a model, a key, and an account that may sign', async () => {
    const create = ['create', 'serial-policy', '--model'];
    expect(await cli.refused(...create, 'shared', '--brand', 'brand', '--key', 'brand-key')).toBe(
      'cannot create serial policy: model brand/shared does not exist: create it with `create model shared`',
    );
    expect(await cli.refused(...create, 'my-model', '--key', 'none')).toBe(
      'cannot create serial policy: key "none" does not exist: `list keys` shows the existing keys',
    );
    expect(await cli.refused(...create, 'shared', '--brand', 'other', '--key', 'brand-key')).toBe(
      'cannot create serial policy: brand-key is a key of brand, which may not sign for other/shared',
    );
  });
});

it.each([['create'], ['list']])('%s alone names its subcommands', async (word) => {
  expect(await cli.refused(word)).toMatch(/^cannot (?:create|list) "": use /);
});
