import { replacing, without, withRaw, withValue } from './edits.js';
import type { EditedRow } from './rows.js';

const TYPE = 'account';
const NOTE = 'x-note';

/** The grammar of headers and the headers that every assertion has. */
export const MALFORMED_GRAMMAR: readonly EditedRow[] = [
  ['no space after the colon', TYPE, replacing('display-name: ', 'display-name:')],
  ['a tab after the colon', TYPE, replacing('display-name: ', 'display-name:\t')],
  ['no colon', TYPE, replacing('display-name: New', 'display-name New')],
  ['a space before the colon', TYPE, replacing('display-name:', 'display-name :')],
  ['an upper-case name', TYPE, withRaw('Note', ' x')],
  ['a name that begins with a digit', TYPE, withRaw('1note', ' x')],
  ['a name that ends with a dash', TYPE, withRaw('note-', ' x')],
  ['a name with two dashes', TYPE, withRaw('no--te', ' x')],
  ['a name with an underscore', TYPE, withRaw('no_te', ' x')],
  ['an empty name', TYPE, withRaw('', ' x')],
  ['no value below a colon', TYPE, withRaw(NOTE, '')],
  ['a string indented by three', TYPE, withRaw(NOTE, '\n   three')],
  ['a list item without a space', TYPE, withRaw(NOTE, '\n  -item')],
  ['a list indented by one', TYPE, withRaw(NOTE, '\n - item')],
  ['a list that is indented deeper', TYPE, withRaw(NOTE, '\n  - item\n    - deeper')],
  ['a map key with a dash at its end', TYPE, withRaw(NOTE, '\n  key-: x')],
  ['a repeated map key', TYPE, withRaw(NOTE, '\n  key: x\n  key: y')],
  ['a map key without a space', TYPE, withRaw(NOTE, '\n  key:x')],
  ['a map that continues as a list', TYPE, withRaw(NOTE, '\n  key: x\n  - item')],
  ['a repeated header', TYPE, replacing('display-name: ', 'display-name: First\ndisplay-name: ')],
  ['a carriage return before each line end', TYPE, (headers) => headers.replaceAll('\n', '\r\n')],
  ['a space before the first header', TYPE, replacing('type: ', ' type: ')],

  ['no type', TYPE, without('type')],
  ['an empty type', TYPE, withValue('type', '')],
  ['an unknown type', TYPE, withValue('type', 'unheard-of')],
  ['a type in upper case', TYPE, withValue('type', 'Account')],
  ['a type that is a list', TYPE, withRaw('type', '\n  - account')],
  ['no authority-id', TYPE, without('authority-id')],
  ['an empty authority-id', TYPE, withValue('authority-id', '')],
  ['an authority-id that is a list', TYPE, withRaw('authority-id', '\n  - acme-root')],
  ['an authority-id of another account', TYPE, withValue('authority-id', 'my-brand')],
  ['an authority-id in a type without one', 'serial-request', withValue('authority-id', 'my-brand')],
  ['an empty primary key', TYPE, withValue('account-id', '')],
  ['no primary key', TYPE, without('account-id')],
  ['a primary key with a slash', TYPE, withValue('account-id', 'new/comer')],
  ['a primary key that is a map', TYPE, withRaw('account-id', '\n  id: newcomer')],
  ['no signing key', TYPE, without('sign-key-sha3-384')],
  ['an empty signing key', TYPE, replacing(/sign-key-sha3-384: .*/, 'sign-key-sha3-384: ')],
  [
    'a signing key that is not base64url',
    TYPE,
    replacing(/sign-key-sha3-384: .*/, `sign-key-sha3-384: ${'+'.repeat(64)}`),
  ],
  [
    'a signing key with padding',
    TYPE,
    replacing(/sign-key-sha3-384: .*/, `sign-key-sha3-384: ${'A'.repeat(62)}==`),
  ],
  [
    'a signing key of 47 bytes',
    TYPE,
    replacing(/sign-key-sha3-384: .*/, `sign-key-sha3-384: ${'A'.repeat(63)}`),
  ],
  [
    'a signing key of 49 bytes',
    TYPE,
    replacing(/sign-key-sha3-384: .*/, `sign-key-sha3-384: ${'A'.repeat(66)}`),
  ],
  [
    'an unknown signing key',
    TYPE,
    replacing(/sign-key-sha3-384: .*/, `sign-key-sha3-384: ${'A'.repeat(64)}`),
  ],
  ...['-1', '01', '1.0', '0x1', 'one', '', ' 1', '1 ', '99999999999999999999'].flatMap(
    (number): EditedRow[] => [
      [`format ${JSON.stringify(number)}`, TYPE, withValue('format', number)],
      [`revision ${JSON.stringify(number)}`, TYPE, withValue('revision', number)],
      [`body-length ${JSON.stringify(number)}`, TYPE, withValue('body-length', number)],
    ],
  ),
  ['a revision that is a list', TYPE, withRaw('revision', '\n  - 1')],
  ['an unknown format', TYPE, withValue('format', '99')],
  ['a body-length without a body', TYPE, withValue('body-length', '10')],
  ['a body-length that is too short', 'account-key', replacing(/body-length: .*/, 'body-length: 391')],
  ['a body-length that is too long', 'account-key', replacing(/body-length: .*/, 'body-length: 100000')],
  ['no body-length', 'account-key', without('body-length')],
];
