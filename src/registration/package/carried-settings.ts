import { parse, stringify } from 'yaml';
import { TRUSTED_ASSERTIONS } from '../../assertions/trusted-assertions.settings.js';
import { isFields } from '../../common/domain/json.js';
import { StoreError } from '../../common/errors.js';
import { TLS_CERT, TLS_KEY } from '../../https/tls.settings.js';
import { BUNDLE_REQUIRE_SIGNATURE, BUNDLE_TRUSTED_KEYS } from '../../keys/key.settings.js';
import { HTTP_PORT, HTTPS_PORT } from '../../settings/server.settings.js';

/** The settings of the connected machine that also apply to the air-gapped machine, if they are set. */
export const CARRIED_KEYS: readonly string[] = [TRUSTED_ASSERTIONS.key, HTTP_PORT.key, HTTPS_PORT.key];
/** Settings that only an unencrypted package contains: the install password protects only the store's key. */
export const TLS_KEYS: readonly string[] = [TLS_CERT.key, TLS_KEY.key];

const ACCEPTED_KEYS: readonly string[] = [
  ...CARRIED_KEYS,
  ...TLS_KEYS,
  BUNDLE_TRUSTED_KEYS.key,
  BUNDLE_REQUIRE_SIGNATURE.key,
];

export const SETTINGS_FILE = 'settings.yaml';

/** @returns the content of `settings.yaml` */
export function encodeCarriedSettings(settings: Readonly<Record<string, string>>): string {
  return stringify(settings, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
}

/**
 * Reads `settings.yaml` of an install package.
 *
 * @throws StoreError `invalid-setting` if it is not a map of strings, or has a setting that a package may not contain
 */
export function decodeCarriedSettings(content: string): [key: string, text: string][] {
  let settings: unknown;
  try {
    settings = parse(content) ?? {};
  } catch (error) {
    throw new StoreError('invalid-setting', `cannot read ${SETTINGS_FILE}: it is not YAML`, { cause: error });
  }
  if (!isFields(settings))
    throw new StoreError('invalid-setting', `cannot read ${SETTINGS_FILE}: it must map each key to a string`);
  return Object.entries(settings).map(([key, text]) => {
    if (!ACCEPTED_KEYS.includes(key))
      throw new StoreError(
        'invalid-setting',
        `cannot read ${SETTINGS_FILE}: ${JSON.stringify(key)} is not a setting that an install package may contain`,
      );
    if (typeof text !== 'string')
      throw new StoreError('invalid-setting', `cannot read ${SETTINGS_FILE}: ${key} is not a string`);
    return [key, text];
  });
}
