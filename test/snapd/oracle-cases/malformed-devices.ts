import { all, withRaw, withValue } from './edits.js';
import { mandatory, rows, type EditedRow } from './rows.js';

/** Devices, their users and their repairs, broken by what the type wants. */
export const MALFORMED_DEVICES: readonly EditedRow[] = [
  ...mandatory('serial', 'device-key', 'device-key-sha3-384', 'timestamp'),
  ...rows('serial', {
    'id of another key': withValue('device-key-sha3-384', 'A'.repeat(64)),
    'device-key that is no key': withValue('device-key', 'AAAA'),
    'brand of someone else': withValue('brand-id', 'acme'),
    'model with a capital': withValue('model', 'Model'),
  }),
  ...mandatory('serial-request', 'brand-id', 'model', 'request-id', 'device-key'),
  ...rows('serial-request', { 'empty request-id': withValue('request-id', '') }),
  ...mandatory('device-session-request', 'nonce', 'timestamp', 'brand-id'),
  ...rows('device-session-request', { 'a serial nobody has': withValue('serial', 'serial-9') }),
  ...mandatory('system-user', 'username', 'since', 'until', 'email'),
  ...rows('system-user', {
    'bad email': withValue('email', 'operator'),
    'two emails': withValue('email', 'a@b.c, d@e.f'),
    'bad username': withValue('username', 'Operator'),
    'until before since': withValue('until', '2025-01-01T00:00:00Z'),
    'more than a year without models': withValue('until', '2027-01-02T00:00:00Z'),
    'password of MD5': withValue('password', '$1$salt$hash'),
    'password without hash': withValue('password', '$6$salt'),
    'password with too few rounds': withValue('password', '$6$rounds=4999$salt$hash'),
    'password with bad characters': withValue('password', '$6$sa!lt$hash'),
    'password in clear': withValue('password', 'secret'),
    'force-password-change without password': withValue('force-password-change', 'true'),
    'serials without format 1': all(withRaw('serials', '\n  - s1'), withRaw('models', '\n  - m1')),
    'ssh-keys that is text': withValue('ssh-keys', 'ssh-rsa AAAA'),
  }),
  ...rows('system-user of one device', { 'two models': withRaw('models', '\n  - m1\n  - m2') }),
  ...mandatory('repair', 'summary', 'timestamp', 'repair-id'),
  ...rows('repair', {
    'repair-id 0': withValue('repair-id', '0'),
    'brand of someone else': withValue('brand-id', 'acme'),
    'summary of two lines': withRaw('summary', '\n    one\n    two'),
    'disabled that is another word': withValue('disabled', 'no'),
    'unknown mode': withRaw('modes', '\n  - install'),
    'bad base': withRaw('bases', '\n  - core_20'),
    'base without modes': withRaw('bases', '\n  - core18'),
    'models that is text': withValue('models', 'my-brand/my-model'),
  }),
  ...rows('base-declaration', { 'slots that is text': withValue('slots', 'true') }),
  ...mandatory('base-declaration', 'timestamp'),
];
