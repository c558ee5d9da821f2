import { all, replacing, without, withRaw, withValue } from './edits.js';
import type { EditedRow } from './rows.js';

const TYPE = 'account';
const NOTE = 'x-note';

/** What looks wrong, or is unusual, and is accepted. */
export const ODD_BUT_GOOD: readonly EditedRow[] = [
  ['headers in another order', TYPE, all(without('type'), withValue('type', 'account'))],
  ['an unknown header', TYPE, withValue(NOTE, 'anything')],
  ['an unknown empty header', TYPE, withValue(NOTE, '')],
  ['a space at the end of a value', TYPE, withValue(NOTE, 'anything ')],
  ['two spaces after the colon', TYPE, withRaw(NOTE, '  two')],
  ['a map on the line of a list item, which is a string', TYPE, withRaw(NOTE, '\n  - key: x')],
  ['a list in a list', TYPE, withRaw(NOTE, '\n  -\n    - x\n  - z')],
  ['a map in a list', TYPE, withRaw(NOTE, '\n  -\n    key: x\n    other:\n      - y\n  - z')],
  ['a string of several lines', TYPE, withRaw(NOTE, '\n    one\n    two')],
  ['a string that starts with an empty line', TYPE, withRaw(NOTE, '\n    \n    x')],
  ['a string that ends with an empty line', TYPE, withRaw(NOTE, '\n    x\n    ')],
  ['a string with characters outside ASCII', TYPE, withValue('display-name', 'Ωmega 雪 \u{1f600}')],
  ['a carriage return in a value', TYPE, withValue(NOTE, 'a\rb')],
  ['format and revision 0 written out', TYPE, all(withValue('format', '0'), withValue('revision', '0'))],
  ['body-length 0 written out', TYPE, withValue('body-length', '0')],
  ['a default primary key written out', 'snap-revision', withValue('provenance', 'global-upload')],

  ['an empty url', 'store', withValue('url', '')],
  ['a gadget with an empty track', 'model of core 16', withValue('gadget', 'pc=')],
  ['an unknown mode', 'model of core 20', replacing('- ephemeral', '- sometimes')],
  ['a user of a brand that has not signed it', 'system-user', withValue('brand-id', 'acme')],
  [
    'a revision-authority of the default provenance',
    'snap-declaration',
    withRaw('revision-authority', '\n  -\n    account-id: my-brand\n    provenance:\n      - global-upload'),
  ],
  [
    'a publisher that only the device knows',
    'snap-declaration',
    withRaw(
      'plugs',
      '\n  home:\n    allow-connection:\n      slot-publisher-id:\n        - $SLOT_PUBLISHER_ID',
    ),
  ],
];
