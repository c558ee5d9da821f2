import type { KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { lookupOf, TestStoreStack } from '../../../test/support/store-stack.js';
import type { Assertion } from '../format/assertion.js';
import { encodePublicKey } from '../format/keys.js';
import { signAssertion } from '../format/sign.js';
import { checkBatch } from './batch.js';
import { TrustedRoots } from './trusted-roots.js';

const stack = new TestStoreStack({ keyBits: 1_024 });
const context = {
  roots: TrustedRoots.withCanonical(stack.trusted()),
  stored: lookupOf([]),
  now: new Date('2026-06-01T00:00:00Z'),
};

async function believed(...assertions: readonly Assertion[]): Promise<string[]> {
  return (await checkBatch(assertions, context)).map(({ type }) => type.name);
}

describe('account-key-request', () => {
  const { id, encoded } = encodePublicKey(stack.key('wanted'));
  const account = [stack.storeAccountKey, stack.account('brand')];
  const request = (privateKey: KeyObject) =>
    signAssertion({
      type: 'account-key-request',
      headers: {
        'public-key-sha3-384': id,
        'account-id': 'brand',
        name: 'wanted',
        since: '2026-01-01T00:00:00Z',
      },
      privateKey,
      body: encoded,
    });
  const good = request(stack.key('wanted'));

  it('is accepted if it is signed by the key in it', async () => {
    expect(await believed(good, ...account)).toEqual(['account-key', 'account', 'account-key-request']);
  });

  it('is refused if another key signed it', async () => {
    await expect(believed(...account, request(stack.key('other')))).rejects.toThrow(`but must be by ${id}`);
  });

  it('is refused without its account', async () => {
    await expect(believed(good)).rejects.toThrow('missing account brand');
  });
});

describe('confdb-control', () => {
  const serial = stack.chain(stack.serial({ deviceKey: stack.key('device') }));
  const control = (privateKey: KeyObject) =>
    signAssertion({
      type: 'confdb-control',
      headers: { 'brand-id': 'brand', model: 'my-model', serial: 'serial-1' },
      privateKey,
    });

  it('is accepted if it is signed by the key of the device', async () => {
    expect((await believed(control(stack.key('device')), ...serial)).at(-1)).toBe('confdb-control');
  });

  it('is refused if another key signed it', async () => {
    await expect(believed(...serial, control(stack.key('other')))).rejects.toThrow('but must be by');
  });

  it('is refused without the serial', async () => {
    await expect(believed(control(stack.key('device')))).rejects.toThrow(
      'missing serial brand/my-model/serial-1',
    );
  });
});
