import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { STORE_ID, STORE_URL } from './identity.settings.js';
import type { SettingValue } from './setting-writer.service.js';
import { parseSettingsYaml, settingsYaml } from './settings-yaml.js';
import { SettingsService } from './settings.service.js';

/** Transfers all settings of one unit to another. */
@Injectable()
export class SettingsTransferService {
  constructor(private readonly settings: SettingsService) {}

  /** Every setting that has been set, secrets included: the input of {@link importYaml} on a second unit. */
  async exportYaml(): Promise<string> {
    return settingsYaml(await this.settings.setTexts());
  }

  /**
   * Stores all of these settings, or none.
   *
   * @param newStore - a database that the settings name need not contain the store of this unit
   * @throws StoreError naming the unknown keys, or the first invalid value
   */
  async importYaml(yaml: Buffer, newStore = false): Promise<SettingValue[]> {
    const texts = parseSettingsYaml(yaml);
    try {
      return await this.settings.take(texts, { newStore });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const help =
        error.code === 'not-found' && texts[STORE_ID.key] !== undefined ? assertionHelp(texts) : '';
      throw new StoreError(error.code, `cannot import settings: ${error.message}${help}`, { cause: error });
    }
  }
}

/** Where to get the store assertion, if the first unit's database is not this unit's. */
function assertionHelp(texts: Readonly<Record<string, string>>): string {
  const url = texts[STORE_URL.key] ?? 'http://FIRST-UNIT';
  return ` (FILE is the response of ${url}/v2/auth/store/assertions on the first unit; before \`ack\`, set proxy.db.connection and proxy.trusted-assertions as on the first unit)`;
}
