import type { Assertion } from '../assertions/format/assertion.js';
import { decodePublicKey } from '../assertions/format/keys.js';
import { verifySignatureInThread } from '../assertions/format/verify.js';
import type { StoreError } from '../common/errors.js';
import { MAX_DEVICE_KEY_BITS, MIN_DEVICE_KEY_BITS } from '../common/limits.js';

/** What a device signed, and the key that it says is its own. */
export interface DeviceKeyClaim {
  /** A `serial-request` or `device-session-request`. */
  readonly signed: Assertion;
  /** The public key, as a header `device-key` has it. */
  readonly deviceKey: string;
  /** The id under which the store knows, or will know, the device's key. */
  readonly deviceKeyId: string;
}

/**
 * The one place where a device proves that it has the private half of a key, for sessions and serials alike.
 * Nothing that another piece of code may have left unchecked is relied upon: neither that the format of the
 * request is one that its type was checked for, nor that the id is the key's.
 *
 * @param refuse - makes the refusal, which says what the device asked for
 * @throws StoreError as `refuse` makes it, or `invalid-assertion` where the key did not sign
 * @see snapcore/snapd: asserts/serial_asserts.go, assembleSerialRequest; overlord/devicestate, which signs them
 */
export async function proveDeviceKey(
  { signed, deviceKey, deviceKeyId }: DeviceKeyClaim,
  refuse: (why: string) => StoreError,
): Promise<void> {
  const { type, format, signKeyId } = signed;
  if (format > type.maxFormat)
    throw refuse(`the ${type.name} has format ${format}, and ${type.maxFormat} is the newest that is known`);
  const { id, keyObject } = decodePublicKey(Buffer.from(deviceKey));
  if (id !== deviceKeyId || id !== signKeyId)
    throw refuse(`another key than the device-key signs the ${type.name}`);
  const bits = keyObject.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MIN_DEVICE_KEY_BITS)
    throw refuse(`its key has ${bits} bits: at least ${MIN_DEVICE_KEY_BITS} are wanted`);
  if (bits > MAX_DEVICE_KEY_BITS)
    throw refuse(`its key has ${bits} bits: at most ${MAX_DEVICE_KEY_BITS} are taken`);
  await verifySignatureInThread(signed, keyObject);
}
