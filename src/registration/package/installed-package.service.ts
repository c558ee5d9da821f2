import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { StoreError } from '../../common/errors.js';
import type { Setting } from '../../settings/setting.js';
import { SettingsService } from '../../settings/settings.service.js';
import { UnitConfigService } from '../../settings/unit-config.service.js';
import { RegisterFromService } from '../register-from.service.js';
import { decodeCarriedSettings, SETTINGS_FILE } from './carried-settings.js';
import { INSTALLED_FOLDER } from './package-check.service.js';

const REGISTRATION_FILE = 'registration_bundle.b64';

/**
 * The data of the installed package, until this store is registered. install.sh cannot register the store, because
 * the operator chooses its database after the installation.
 */
@Injectable()
export class InstalledPackageService {
  constructor(
    private readonly settings: SettingsService,
    private readonly unit: UnitConfigService,
    private readonly registrations: RegisterFromService,
  ) {}

  /**
   * Registers this store with the data of its install package, if there is any. Settings that the operator has set are
   * unchanged.
   *
   * @throws StoreError naming the file that cannot be imported. Settings may then be stored, but no registration is
   */
  async takeIn(): Promise<void> {
    const folder = join(this.unit.dataDir, INSTALLED_FOLDER);
    if (!existsSync(join(folder, REGISTRATION_FILE))) return;
    await this.takeSettings(join(folder, SETTINGS_FILE));
    await this.registrations.registerFrom(join(folder, REGISTRATION_FILE), { replaceKeys: false });
  }

  private async takeSettings(path: string): Promise<void> {
    if (!existsSync(path)) return;
    const shared: [Setting<unknown>, string][] = [];
    for (const [key, text] of decodeCarriedSettings(await readFile(path, 'utf8'))) {
      const setting = this.known(key);
      if (setting.scope === 'shared') shared.push([setting, text]);
      else if (!(await this.settings.isSet(setting))) await this.settings.set([[key, text]]);
    }
    await this.settings.recordMissing(shared);
  }

  private known(key: string): Setting<unknown> {
    const found = this.settings.definitions().find((setting) => setting.key === key);
    if (found) return found;
    throw new StoreError('invalid-setting', `cannot read ${SETTINGS_FILE}: this program has no ${key}`);
  }
}
