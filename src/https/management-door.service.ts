import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { LISTEN_ADDRESS, MANAGEMENT_ADDRESS, MANAGEMENT_PORT } from '../settings/server.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { DoorListener, type Application, type DoorPlace } from './door-listener.js';
import { DoorService } from './door-service.js';

/**
 * The listener of management, if it has its own. It uses TLS while the store has a certificate, as the listener of
 * devices does.
 */
@Injectable()
export class ManagementDoorService extends DoorService {
  private place: DoorPlace | undefined;

  constructor(settings: SettingsService) {
    super('Management', settings);
  }

  /**
   * Where management listens; undefined if it shares the listener of devices.
   *
   * @throws StoreError `not-configured` if there is an address without a port
   */
  async findPlace(): Promise<DoorPlace | undefined> {
    const port = await this.settings.find(MANAGEMENT_PORT);
    const address = await this.settings.find(MANAGEMENT_ADDRESS);
    if (port !== undefined) {
      const host = address ?? (await this.settings.get(LISTEN_ADDRESS));
      return { host, port, key: MANAGEMENT_PORT.key, door: 'management' };
    }
    if (address === undefined) return undefined;
    // Without this, management would listen for devices, which nobody wants who names an address.
    throw new StoreError(
      'not-configured',
      `cannot listen for management: ${MANAGEMENT_ADDRESS.key} is set and ${MANAGEMENT_PORT.key} is not; set both, or set the address to nothing`,
    );
  }

  /**
   * Listens if management has a listener of its own, and follows the settings from now on.
   *
   * @returns the URL that it listens on, or undefined
   * @throws StoreError `not-configured` if it cannot listen on the port or use the certificate
   */
  async open(): Promise<string | undefined> {
    this.place = await this.findPlace();
    if (!this.place) return undefined;
    await this.begin();
    const { host, port } = this.place;
    const scheme = this.listener?.isTls ? 'https' : 'http';
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  protected async apply(application: Application): Promise<void> {
    if (!this.place) return;
    const pair = await this.pair();
    if (this.listener?.isTls === (pair !== undefined)) {
      if (pair) this.listener.renew(pair);
      return;
    }
    this.retire();
    this.listener = await DoorListener.open(application, this.place, pair);
  }
}
