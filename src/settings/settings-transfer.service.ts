import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { STORE_ID, STORE_URL } from './identity.settings.js';
import type { SettingValue } from './setting-writer.service.js';
import { parseSettingsYaml, settingsYaml } from './settings-yaml.js';
import { SettingsService } from './settings.service.js';

/** Takes all settings of one unit to another. */
@Injectable()
export class SettingsTransferService {
  constructor(private readonly settings: SettingsService) {}

  /** Every setting that somebody has set, secrets included: what {@link importYaml} makes a second unit of. */
  async exportYaml(): Promise<string> {
    return settingsYaml(await this.settings.setTexts());
  }

  /**
   * Stores all of these settings, or none.
   *
   * @param newStore - a database that is named need not hold the store of this unit
   * @throws StoreError naming the keys that are not known, or the first value that is refused
   */
  async importYaml(yaml: Buffer, newStore = false): Promise<SettingValue[]> {
    const texts = parseSettingsYaml(yaml);
    try {
      return await this.settings.take(texts, newStore);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const help =
        error.code === 'not-found' && texts[STORE_ID.key] !== undefined ? assertionHelp(texts) : '';
      throw new StoreError(error.code, `cannot import settings: ${error.message}${help}`, { cause: error });
    }
  }
}

/** Where the store assertion comes from, when the database of the first unit is not this unit's. */
function assertionHelp(texts: Readonly<Record<string, string>>): string {
  const url = texts[STORE_URL.key] ?? 'http://FIRST-UNIT';
  return ` (FILE is what ${url}/v2/auth/store/assertions of the first unit answers; before \`ack\`, set proxy.db.connection and proxy.trusted-assertions as they are there)`;
}
