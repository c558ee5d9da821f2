import type { Assertion, HeaderMap } from '../assertion.js';
import { HeaderError, readMatching, readNonEmptyText, readOptionalText, readTime } from '../header-checks.js';
import { decodePublicKey } from '../keys.js';
import { checkModelName } from './model.js';
import { ACCOUNT_ID } from './patterns.js';

function deviceKeyId(headers: HeaderMap): string {
  return decodePublicKey(Buffer.from(readNonEmptyText(headers, 'device-key'))).id;
}

/** @see snapcore/snapd: asserts/serial_asserts.go, assembleSerial */
export function checkSerial({ headers }: Assertion): void {
  readMatching(headers, 'brand-id', ACCOUNT_ID);
  checkModelName(headers);
  if (deviceKeyId(headers) !== readNonEmptyText(headers, 'device-key-sha3-384'))
    throw new HeaderError('header "device-key-sha3-384" is not the id of "device-key"');
  readTime(headers, 'timestamp');
}

/** @see snapcore/snapd: asserts/serial_asserts.go, assembleSerialRequest */
export function checkSerialRequest({ headers, signKeyId }: Assertion): void {
  readNonEmptyText(headers, 'brand-id');
  checkModelName(headers);
  readNonEmptyText(headers, 'request-id');
  readOptionalText(headers, 'serial');
  if (deviceKeyId(headers) !== signKeyId)
    throw new HeaderError('header "sign-key-sha3-384" is not the id of "device-key"');
}

/** @see snapcore/snapd: asserts/serial_asserts.go, assembleDeviceSessionRequest */
export function checkDeviceSessionRequest({ headers }: Assertion): void {
  checkModelName(headers);
  readNonEmptyText(headers, 'nonce');
  readTime(headers, 'timestamp');
}
