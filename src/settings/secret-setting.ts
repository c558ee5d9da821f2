import { randomBytes } from 'node:crypto';
import { StoreError } from '../common/errors.js';
import type { Setting } from './setting.js';
import type { SettingsService } from './settings.service.js';

const SECRET = /^[0-9a-f]{64}$/;

const SECRET_BYTES = 32;

/** A secret shared by all units, as 64 hexadecimal digits. A new secret invalidates what the old one signed. */
export function secretSetting(key: string, description: string): Setting<string> {
  return {
    key,
    scope: 'shared',
    description,
    secret: true,
    parse(text) {
      if (SECRET.test(text)) return text;
      throw new StoreError('invalid-setting', `cannot set ${key}: give 64 hexadecimal digits in lower case`);
    },
  };
}

/**
 * Returns the secret, and generates it at the first use. If two units do so at the same time, the first one's
 * is used.
 */
export async function sharedSecret(settings: SettingsService, setting: Setting<string>): Promise<Buffer> {
  const stored = await settings.find(setting);
  if (stored !== undefined) return Buffer.from(stored, 'hex');
  await settings.recordMissing([[setting, randomBytes(SECRET_BYTES).toString('hex')]]);
  return Buffer.from(await settings.get(setting), 'hex');
}
