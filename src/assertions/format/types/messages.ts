import type { Assertion } from '../assertion.js';
import {
  HeaderError,
  readMatching,
  readNonEmptyText,
  readOneOf,
  readTexts,
  readTime,
} from '../header-checks.js';
import { quote } from '../quote.js';
import { ACCOUNT_ID, MODEL_REFERENCE, STRICT_SERIAL } from './patterns.js';

/** With a number from 1 if messages form a sequence. */
const MESSAGE_ID = /^[a-zA-Z0-9]{4,16}(?:-0*[1-9]\d*)?$/;
const MESSAGE_KIND = /^[a-z]+(?:-[a-z]+)*$/;
const STATUSES = ['success', 'error', 'unauthorized', 'rejected'];

/** snapcore/snapd: snap/naming/validate.go, ValidateAssumes. Devices check whether they have the features */
const FEATURE = /^(?:snapd[1-9]|isa-[^-]*-|[a-z0-9]+(?:-[a-z0-9]+)*$)/;

/**
 * Checks a device's full name: `serial.model.brand`.
 *
 * @see snapcore/snapd: asserts/messages.go, newDeviceIDFromString
 */
export function checkDeviceId(device: string): void {
  const [serial = '', model = '', brand = '', ...more] = device.split('.');
  const isGood =
    more.length === 0 && STRICT_SERIAL.test(serial) && MODEL_REFERENCE.test(model) && ACCOUNT_ID.test(brand);
  if (!isGood) throw new HeaderError(`device ${quote(device)} is not of the form "serial.model.brand"`);
}

/** @see snapcore/snapd: asserts/messages.go, assembleRequestMessage */
export function checkRequestMessage({ headers, body }: Assertion): void {
  readMatching(headers, 'account-id', ACCOUNT_ID);
  readMatching(headers, 'message-id', MESSAGE_ID);
  readMatching(headers, 'message-kind', MESSAGE_KIND);
  const devices = readTexts(headers, 'devices');
  if (devices.length === 0) throw new HeaderError('header "devices" is missing');
  devices.forEach(checkDeviceId);
  if (new Set(devices).size !== devices.length)
    throw new HeaderError('header "devices" lists a device twice');
  readTexts(headers, 'assumes', FEATURE);
  if (readTime(headers, 'valid-until') < readTime(headers, 'valid-since'))
    throw new HeaderError('header "valid-until" is before "valid-since"');
  readTime(headers, 'timestamp');
  if (body.length === 0) throw new HeaderError('the body is missing');
}

/** @see snapcore/snapd: asserts/messages.go, assembleResponseMessage */
export function checkResponseMessage({ headers }: Assertion): void {
  readMatching(headers, 'account-id', ACCOUNT_ID);
  readMatching(headers, 'message-id', MESSAGE_ID);
  checkDeviceId(readNonEmptyText(headers, 'device'));
  readOneOf(headers, 'status', STATUSES);
  readTime(headers, 'timestamp');
}
