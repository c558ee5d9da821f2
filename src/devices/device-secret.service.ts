import { Injectable } from '@nestjs/common';
import { sharedSecret } from '../settings/secret-setting.js';
import { SettingsService } from '../settings/settings.service.js';
import { DEVICE_AUTH_SECRET } from './device.settings.js';

/** The secret that authenticates nonces, request-ids and sessions. */
@Injectable()
export class DeviceSecretService {
  constructor(private readonly settings: SettingsService) {
    settings.define(DEVICE_AUTH_SECRET);
  }

  /** A store that is not in air-gapped mode serves devices too: its secret is generated for the first of them. */
  async get(): Promise<Buffer> {
    return await sharedSecret(this.settings, DEVICE_AUTH_SECRET);
  }
}
