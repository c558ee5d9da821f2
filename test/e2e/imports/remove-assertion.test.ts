import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertionPath } from '../../../src/assertions/assertion-path.js';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { referenceOf } from '../../../src/assertions/trust/reference.js';
import { BrandStoresService } from '../../../src/brand-stores/brand-stores.service.js';
import { TransactionsService } from '../../../src/database/transactions.service.js';
import { NAMED_DEPENDENTS, RemoveAssertionService } from '../../../src/imports/remove-assertion.service.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { Cli } from '../../support/cli.js';
import { failureOf } from '../../support/refusal.js';
import { StoreApp } from '../../support/store-app.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { TestPublisher, writeWithComponents } from '../../support/test-snaps.js';

const SNAP_ID = 'someSnapIdsomeSnapIdsomeSnapId12';
const stack = new TestStoreStack({ authorityId: 'removing', keyBits: 2_048 });
const publisher = new TestPublisher();
let store: StoreApp;

beforeAll(async () => {
  store = await StoreApp.start();
  const roots = [...stack.trusted(), ...publisher.stack.trusted()];
  await store.trust(roots);
});
afterAll(() => store.stop());

async function ack(...assertions: readonly Assertion[]): Promise<void> {
  await store.ack(...assertions);
  await store.heard();
}

const remove = async (words: string | Assertion, dryRun = false) => {
  const reference = typeof words === 'string' ? words : referenceOf(words);
  const removed = await store.app.get(RemoveAssertionService).remove([reference], dryRun);
  await store.heard();
  return removed;
};

/** Expects a refusal in one line, with the store unchanged. */
async function expectRefused(words: string | Assertion, why: string, code = 'conflict'): Promise<string> {
  const before = await store.state();
  const { message, code: given } = await failureOf(remove(words));
  expect({ message, given }).toEqual({ message: expect.stringContaining(why) as string, given: code });
  expect(message).toMatch(/^cannot (?:remove|find) [^\n]+[^.\n]$/);
  expect(await store.state()).toEqual(before);
  return message;
}

/** Whether the running server, which caches answers, still serves it. */
async function isServed({ type, primaryKey }: Assertion): Promise<boolean> {
  const reply = await store.app.inject({ method: 'GET', url: assertionPath(type, primaryKey) });
  return reply.statusCode === 200;
}

/** All that is stored, without when it was added. The audit trail has all of these changes. */
async function storedState(): Promise<string> {
  const { audit_event: _events, audit_head: _head, ...stored } = await store.state();
  return JSON.stringify(stored).replaceAll(/"added_at":"[^"]*"/g, '');
}

describe('an assertion that nothing depends on', () => {
  const declaration = stack.snapDeclaration({ snapId: SNAP_ID, name: 'mistaken' });
  const newer = stack.snapDeclaration({ snapId: SNAP_ID, name: 'renamed' }, { headers: { revision: '1' } });

  it('is removed in all revisions, immediately for a running server, and can be added again', async () => {
    await ack(...stack.chain(declaration));
    const before = await storedState();
    await ack(newer);
    expect(await isServed(newer)).toBe(true);
    expect(await remove(newer, true)).toMatchObject({ assertionRevisions: [1, 0] });
    expect(await isServed(newer)).toBe(true);
    expect(await remove(newer)).toEqual({
      type: 'snap-declaration',
      primaryKey: ['16', SNAP_ID],
      assertionRevisions: [1, 0],
    });
    expect(await isServed(newer)).toBe(false);
    await expectRefused(newer, 'the store does not hold it', 'not-found');
    await ack(declaration);
    expect(await storedState()).toBe(before);
    await remove(declaration);
  });

  it('is removed from the end of a chain to its beginning', async () => {
    const account = stack.account('short-lived');
    await ack(stack.storeAccountKey, account);
    await expectRefused(stack.storeAccountKey, 'account/short-lived');
    expect(await remove(account)).toMatchObject({ assertionRevisions: [0] });
  });

  it('is reported by the command as text and as JSON', async () => {
    await ack(...stack.chain(declaration));
    const command = async (...words: string[]) =>
      await new Cli(() => store.dataDir).run('remove-assertion', ...words);
    const key = `16/${SNAP_ID}`;
    expect(await command('snap-declaration', key, '--dry-run')).toEqual({
      status: 0,
      stderr: '',
      stdout: `snap-declaration ${key} (revision 0): would be removed\n`,
    });
    const json = await command(`snap-declaration/${key}`, '--json');
    expect(JSON.parse(json.stdout)).toEqual({
      type: 'snap-declaration',
      'primary-key': ['16', SNAP_ID],
      revisions: [0],
      'dry-run': false,
    });
    expect(await command('snap-declaration', key)).toEqual({
      status: 1,
      stdout: '',
      stderr: `error: cannot remove "snap-declaration/${key}": the store does not hold it\n`,
    });
  });
});

describe('an assertion is kept', () => {
  it('that is a trusted root or predefined', async () => {
    for (const root of stack.trusted()) await expectRefused(root, 'it is a trusted root', 'forbidden');
    await expectRefused('account/canonical', 'it is a trusted root', 'forbidden');
    await expectRefused('account/generic', 'it is a trusted root', 'forbidden');
  });

  it('if its type or key is invalid', async () => {
    await expectRefused('nonsense/1', 'cannot find assertion type "nonsense"', 'not-found');
    await expectRefused('snap-declaration/16', 'its primary key is series/snap-id', 'invalid-request');
    await expectRefused(
      'validation-set/16/brand/set',
      'its primary key is series/account-id/name/sequence',
      'invalid-request',
    );
  });

  it('that signed another assertion, or that another assertion needs or names', async () => {
    const declaration = stack.snapDeclaration({ snapId: SNAP_ID, name: 'needed' });
    const revision = stack.snapRevision({
      snapId: SNAP_ID,
      revision: 1,
      digest: Buffer.alloc(48, 7),
      sizeBytes: 10,
    });
    await ack(...stack.chain(revision));
    await expectRefused(declaration, referenceOf(revision));
    await expectRefused('account/publisher', referenceOf(declaration));
    await expectRefused(stack.storeAccountKey, referenceOf(declaration));
    // The snap of the revision is not in the store.
    await remove(revision);
    const set = stack.validationSet({
      snaps: [{ name: 'needed', id: SNAP_ID, presence: 'required', revision: '1' }],
    });
    const set2 = stack.validationSet({ name: 'pinned', sequence: 2, snaps: [{ name: 'x-y', id: SNAP_ID }] });
    await ack(...stack.chain(set, set2));
    await expectRefused(declaration, referenceOf(set));
    const model = stack.model(
      { model: 'naming' },
      {
        headers: {
          store: 'named-store',
          'validation-sets': [
            { name: 'my-set', mode: 'enforce' },
            { 'account-id': 'brand', name: 'pinned', sequence: '3', mode: 'enforce' },
          ],
        },
      },
    );
    const named = stack.store({ store: 'named-store', operatorId: 'brand' });
    const serial = stack.serial({ model: 'naming' });
    await ack(...stack.chain(model, named, serial));
    await expectRefused(set, referenceOf(model));
    await expectRefused(named, referenceOf(model));
    await expectRefused(model, referenceOf(serial));
    // Another sequence point of that set is enforced.
    await remove(set2);
    await remove(serial);
    await remove(model);
    await remove(named);
    await remove(set);
    await remove(declaration);
  });

  it('that a snap, its revisions, channels and components depend on', async () => {
    const snap = publisher.snap({
      name: 'standing',
      revision: 4,
      yaml: 'components:\n  part:\n    type: standard\n',
    });
    const component = publisher.component(snap, { name: 'part', revision: 2, pairedWith: [4, 5] });
    const path = await writeWithComponents(join(store.directory, 'pair'), snap, [component]);
    await store.push(path, { channels: ['latest/edge', '2/stable/fix'] });
    await expectRefused(snap.declaration, 'snap standing, ');
    await expectRefused(
      snap.snapRevision,
      'snap standing revision 4, channel 2/stable/fix (amd64) of snap standing, channel latest/edge (amd64) of snap standing',
    );
    await expectRefused(component.resourceRevision, 'component standing+part revision 2');
    const [here, absent] = component.pairs as [Assertion, Assertion];
    await expectRefused(here, 'snap standing revision 4 with component part revision 2');
    await remove(absent);
    expect(await pairedRevisions()).toEqual([4]);
  });

  it('that brand stores, models, serials and the store itself depend on', async () => {
    const own = publisher.stack.store({ store: 'own-store', operatorId: 'stand', url: 'http://own.example' });
    const of = stack.store({ store: 'brands-store', operatorId: 'brand' });
    const model = stack.model();
    const serial = stack.serial();
    await ack(...publisher.stack.chain(own), ...stack.chain(of, model, serial));

    await store.app.get(SettingsService).set([['internal.store.id', 'own-store']]);
    await expectRefused(own, 'the identity of this store (internal.store.id)');
    await store.app
      .get(TransactionsService)
      .run((tx) => store.app.get(BrandStoresService).put(tx, { storeId: 'brands-store', brandId: 'brand' }));
    await expectRefused(of, 'brand store brands-store');
    await expectRefused('account/brand', 'brand store brands-store');
    await store.query(
      `insert into issued_serial (brand_id, model, serial, device_key_id) values ($1, $2, $3, 'k')`,
      ['brand', 'my-model', 'serial-1'],
    );
    await expectRefused(serial, 'issued serial brand/my-model/serial-1');
    await expectRefused(model, 'issued serial brand/my-model/serial-1');
    await store.query('delete from issued_serial');
    await store.query(
      `insert into device (brand_id, model, serial, serial_trust, first_seen_at, last_seen_at)
       values ('brand', 'my-model', 'serial-1', 'own', now(), now())`,
    );
    await expectRefused(serial, 'device brand/my-model/serial-1');
    await store.query('delete from device');
    await remove(serial);
    await store.query(`insert into device_model (brand_id, model) values ('brand', 'my-model')`);
    await expectRefused(model, 'registered model brand/my-model');
    const { signKeyId } = model;
    await store.query(
      `insert into signing_key (name, key_id, public_key, private_key) values ('key', $1, 'p', 'q')`,
      [signKeyId],
    );
    await store.query(
      `insert into serial_policy (brand_id, model, policy_revision, key_name) values ('brand', 'my-model', 0, 'key')`,
    );
    await expectRefused(`account-key/${signKeyId}`, 'serial policy of brand/my-model');
  });

  it('and the error names its first dependents and the number of the others', async () => {
    const account = stack.account('of-many');
    const declarations = Array.from({ length: NAMED_DEPENDENTS + 3 }, (_, index) =>
      stack.snapDeclaration({
        snapId: String(index).padStart(32, 'm'),
        name: `many-${index}`,
        publisherId: 'of-many',
      }),
    );
    await ack(...stack.chain(...declarations));
    const message = await expectRefused(account, ' and 3 more');
    expect(message.match(/snap-declaration/g)).toHaveLength(NAMED_DEPENDENTS);
  });
});

async function pairedRevisions(): Promise<number[]> {
  const rows = await store.query<{ snap_revision: number }>('select snap_revision from snap_component_pair');
  return rows.map((row) => row.snap_revision);
}
