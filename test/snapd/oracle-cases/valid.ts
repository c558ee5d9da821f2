import { SINCE } from '../../../src/sandbox/store-stack.js';
import { newSigner } from './signer.js';
import { validDevices, validModels, validOthers } from './valid-devices.js';
import { validSnaps, validValidations } from './valid-snaps.js';
import { BRAND_ID, PUBLISHER_ID, SIGNED_AT, type SignedWith, type World } from './world.js';

const at = { timestamp: SIGNED_AT };

/**
 * One good assertion of every kind that release 2.57.6 knows, made by the
 * project's own signer. None has the primary key of anything in the world.
 */
export function validAssertions(world: World): ReadonlyMap<string, SignedWith> {
  return new Map([
    ...accounts(world),
    ...validSnaps(world),
    ...validValidations(world),
    ...validModels(world),
    ...validDevices(world),
    ...validOthers(world),
  ]);
}

function accounts(world: World): [string, SignedWith][] {
  const added = newSigner();
  const key = {
    'public-key-sha3-384': added.keyId,
    'account-id': BRAND_ID,
    name: 'spare',
    since: SINCE,
    until: '2030-01-01T00:00:00Z',
  };
  const account = { 'account-id': 'newcomer', 'display-name': 'New Comer', validation: 'unproven', ...at };
  return [
    ['account', world.byStore('account', account)],
    [
      'account with username',
      world.byStore('account', { ...account, username: 'new', validation: 'starred', revision: '7' }),
    ],
    ['account-key', world.byRoot('account-key', key, added.encoded.toString())],
    ['account-key-request', world.bySelf('account-key-request', key, added, added.encoded.toString())],
    [
      'store',
      world.byStore('store', {
        store: 'acme-store',
        'operator-id': PUBLISHER_ID,
        url: 'http://store.lan:8080',
        'friendly-stores': ['other', 'third'],
        location: 'rack 1',
        ...at,
      }),
    ],
    ['store without url', world.byStore('store', { store: 'bare', 'operator-id': PUBLISHER_ID, ...at })],
    [
      'base-declaration',
      world.byRoot('base-declaration', {
        series: '16',
        slots: { network: { 'allow-installation': { 'slot-snap-type': ['core'] } } },
        ...at,
      }),
    ],
  ];
}
