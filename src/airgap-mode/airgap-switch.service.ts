import { createPublicKey, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { checkNewPassword, hashPassword, isPassword } from '../common/crypto/password.js';
import { StoreError } from '../common/errors.js';
import { DEVICE_AUTH_SECRET } from '../devices/device.settings.js';
import { STORE_PRIVATE_KEY, STORE_PUBLIC_KEY } from '../keys/key.settings.js';
import { GATEWAY_HASH } from '../management/gateway-hash.settings.js';
import { openSealedKey } from '../registration/format/sealed-key.js';
import { InstalledPackageService } from '../registration/package/installed-package.service.js';
import { SEALED_PRIVATE_KEY } from '../registration/sealed-key.settings.js';
import { StoreIdentityService } from '../registration/store-identity.service.js';
import { AIRGAP } from '../settings/mode.settings.js';
import type { Setting } from '../settings/setting.js';
import { SettingsService } from '../settings/settings.service.js';

const SECRET_BYTES = 32;

/** The sources of the passwords. Each is called only if its password is needed. */
export interface AirgapPasswords {
  /** The install password, which protects the private key of an install package. */
  readonly install: () => Promise<string | undefined>;
  /** The password for management over the network, if none is set yet. */
  readonly access: () => Promise<string | undefined>;
  /** The management password that the operator gave without a prompt. It replaces the current one. */
  readonly givenAccess: string | undefined;
}

/** The result of the switch. */
export interface AirgapSwitched {
  readonly storeId: string;
  /** `false` if the store was in air-gapped mode before. */
  readonly enabled: boolean;
  readonly keyOpened: boolean;
  readonly accessPassword: 'none' | 'kept' | 'set' | 'changed';
}

type Recorded = readonly [setting: Setting<unknown>, text: string];

/** The switch to air-gapped mode. It is permanent: devices that used one kind of store must not meet the other. */
@Injectable()
export class AirgapSwitchService {
  constructor(
    private readonly settings: SettingsService,
    private readonly identity: StoreIdentityService,
    private readonly installed: InstalledPackageService,
  ) {}

  /**
   * Switches the store to air-gapped mode. Running it again is harmless: the secret of device sessions is kept,
   * and the management password is kept unless another one is given. If the store is not registered yet, it is
   * first registered with the data of its install package.
   *
   * @throws StoreError `not-configured` if the store is not registered, or if its key needs a password that is
   *   not given; `invalid-request` if a password is wrong, too short or too long. The mode is then unchanged,
   *   but the registration of an install package may have been imported
   */
  async enable(passwords: AirgapPasswords): Promise<AirgapSwitched> {
    const storeId = await this.registeredId();
    if (passwords.givenAccess !== undefined) checkNewPassword(passwords.givenAccess, 'management password');
    const opened = await this.openKey(passwords.install);
    const [accessPassword, hashed] = await this.hashAccess(passwords);
    const enabled = !(await this.settings.get(AIRGAP));
    await this.settings.recordMissing([[DEVICE_AUTH_SECRET, randomBytes(SECRET_BYTES).toString('hex')]]);
    await this.settings.record([...opened, ...hashed, [AIRGAP, 'true']]);
    return { storeId, enabled, keyOpened: opened.length > 0, accessPassword };
  }

  private async registeredId(): Promise<string> {
    if (!(await this.settings.isSet(this.identity.storeIdSetting))) await this.installed.takeIn();
    try {
      return (await this.identity.get()).storeId;
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'not-configured') throw error;
      throw new StoreError(
        'not-configured',
        'cannot enable air-gapped mode: this store is not registered; register it offline on a connected machine and install from its package, or import a registration with `snap-store-proxy register --from FILE`',
        { cause: error },
      );
    }
  }

  private async openKey(ask: () => Promise<string | undefined>): Promise<Recorded[]> {
    const sealed = await this.settings.find(SEALED_PRIVATE_KEY);
    if (sealed === undefined) return [];
    const password = await ask();
    if (password === undefined) {
      throw new StoreError(
        'not-configured',
        'cannot enable air-gapped mode: the private key of this store is encrypted; give the install password in SNAPSTORE_BETA_PASSWORD',
      );
    }
    const pem = await openSealedKey(sealed, password);
    const pair = createPublicKey(STORE_PRIVATE_KEY.parse(pem));
    if (!pair.equals(await this.settings.get(STORE_PUBLIC_KEY))) {
      throw new StoreError(
        'invalid-request',
        'cannot enable air-gapped mode: the private key in the registration does not match proxy.key.public',
      );
    }
    return [
      [STORE_PRIVATE_KEY, pem],
      [SEALED_PRIVATE_KEY, ''],
    ];
  }

  private async hashAccess({
    access,
    givenAccess,
  }: AirgapPasswords): Promise<[AirgapSwitched['accessPassword'], Recorded[]]> {
    const stored = await this.settings.find(GATEWAY_HASH);
    const password = givenAccess ?? (stored === undefined ? await access() : undefined);
    if (password === undefined) return [stored === undefined ? 'none' : 'kept', []];
    checkNewPassword(password, 'management password');
    if (stored !== undefined && (await isPassword(password, stored))) return ['kept', []];
    return [stored === undefined ? 'set' : 'changed', [[GATEWAY_HASH, await hashPassword(password)]]];
  }
}
