import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SettingsService } from '../settings/settings.service.js';
import { DEVICE_AUTH_SECRET } from './device-settings.js';

const SECRET_BYTES = 32;

/** What nonces, request-ids and sessions are sealed with. */
@Injectable()
export class DeviceSecretService {
  constructor(private readonly settings: SettingsService) {
    settings.define(DEVICE_AUTH_SECRET);
  }

  /** A store that never was switched to air-gapped mode serves devices too: its secret is made for the first of them. */
  async get(): Promise<Buffer> {
    const stored = await this.settings.find(DEVICE_AUTH_SECRET);
    if (stored !== undefined) return Buffer.from(stored, 'hex');
    const made = randomBytes(SECRET_BYTES).toString('hex');
    await this.settings.recordMissing([[DEVICE_AUTH_SECRET, made]]);
    return Buffer.from(await this.settings.get(DEVICE_AUTH_SECRET), 'hex');
  }
}
