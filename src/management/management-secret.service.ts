import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { secretSetting, sharedSecret } from '../settings/secret-setting.js';
import type { Setting } from '../settings/setting.js';
import { SettingsService } from '../settings/settings.service.js';

/** The secret behind {@link ManagementSecretService}. */
export const MANAGEMENT_SECRET: Setting<string> = {
  ...secretSetting(
    'internal.management.secret',
    'secret of the management API; the store generates it at the first use',
  ),
  readOnly: true,
};

/**
 * A secret that all units share. Whoever has a copy of the database alone does not have it, so what is computed with
 * it cannot be guessed from such a copy.
 */
@Injectable()
export class ManagementSecretService {
  constructor(private readonly settings: SettingsService) {}

  /**
   * The HMAC-SHA-256 of a string.
   *
   * @param purpose - what it is for: the same string has another one for each purpose
   */
  async hmac(purpose: string, text: string): Promise<Buffer> {
    const secret = await sharedSecret(this.settings, MANAGEMENT_SECRET);
    return createHmac('sha256', secret).update(`${purpose}\0${text}`).digest();
  }
}
