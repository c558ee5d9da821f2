import { all, replacing, withRaw, withValue } from './edits.js';
import type { EditedRow } from './rows.js';

/** What newer releases of snapd know and 2.57.6 does not: the store relays what any release reads. */
export const ONLY_THE_STORE_ACCEPTS: readonly EditedRow[] = [
  [
    'account-key of format 1, with constraints',
    'account-key',
    all(
      withValue('format', '1'),
      withRaw('constraints', '\n  -\n    headers:\n      type: model\n      model: acme-.*'),
    ),
  ],
  ['snap-declaration of format 6', 'snap-declaration', withValue('format', '6')],
  ['snap-declaration of format 7', 'snap-declaration', withValue('format', '7')],
  [
    'system-user of format 2, with user-presence',
    'system-user',
    all(withValue('format', '2'), withValue('user-presence', 'until-expiration')),
  ],
  [
    'model of classic with snaps, none of them a kernel',
    'model of classic with snaps',
    replacing('type: kernel', 'type: app'),
  ],
  // Today the model says who may sign it (preseed-authority), and that is looked at where it is used.
  ['preseed that another account than its brand signed', 'preseed', withValue('brand-id', 'acme')],
];

/** What nobody writes and Go's reader of numbers happens to take: one number, one way to write it. */
export const ONLY_SNAPD_ACCEPTS: readonly EditedRow[] = [
  ['revision "+1"', 'account', withValue('revision', '+1')],
];
