import type { Assertion } from '../assertions/format/assertion.js';
import { decodePublicKey } from '../assertions/format/keys.js';
import { verifySignatureInThread } from '../assertions/format/verify.js';
import type { StoreError } from '../common/errors.js';
import { MAX_DEVICE_KEY_BITS, MIN_DEVICE_KEY_BITS } from '../common/limits.js';

/** What a device signed, and the key that it claims to own. */
export interface DeviceKeyClaim {
  /** A `serial-request` or `device-session-request`. */
  readonly signed: Assertion;
  /** The public key, in the form of the header `device-key`. */
  readonly deviceKey: string;
  /** The id that identifies the device's key in the store. */
  readonly deviceKeyId: string;
}

/**
 * The only place where a device proves that it has the private half of a key, for sessions and for serials.
 * It does not rely on checks elsewhere: it checks itself that the format of the request is supported and that
 * the id belongs to the key.
 *
 * @param refuse - makes the error, which names what the device asked for
 * @throws StoreError from `refuse`, or `invalid-assertion` if the key did not sign
 * @see snapcore/snapd: asserts/serial_asserts.go, assembleSerialRequest; overlord/devicestate, which signs them
 */
export async function proveDeviceKey(
  { signed, deviceKey, deviceKeyId }: DeviceKeyClaim,
  refuse: (why: string) => StoreError,
): Promise<void> {
  const { type, format, signKeyId } = signed;
  if (format > type.maxFormat)
    throw refuse(
      `the ${type.name} has format ${format}, and the newest supported format is ${type.maxFormat}`,
    );
  const { id, keyObject } = decodePublicKey(Buffer.from(deviceKey));
  if (id !== deviceKeyId || id !== signKeyId)
    throw refuse(`the ${type.name} is not signed by its device-key`);
  const bits = keyObject.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MIN_DEVICE_KEY_BITS)
    throw refuse(`its key has ${bits} bits: at least ${MIN_DEVICE_KEY_BITS} are required`);
  if (bits > MAX_DEVICE_KEY_BITS)
    throw refuse(`its key has ${bits} bits: at most ${MAX_DEVICE_KEY_BITS} are accepted`);
  await verifySignatureInThread(signed, keyObject);
}
