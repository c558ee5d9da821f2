import { Injectable } from '@nestjs/common';
import { storeUrl } from '../common/http/store-url.js';
import type { RequestHandler } from '../front/turns.js';
import {
  DOMAIN,
  HTTPS_PORT,
  LISTEN_ADDRESS,
  TRUST_FORWARDED_PROTO,
  TRUSTED_PROXIES,
} from '../settings/server.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { DoorListener, type Application, type DoorPlace } from './door-listener.js';
import { DoorService } from './door-service.js';
import { redirectTo } from './redirect.js';

/**
 * HTTPS, while there is a certificate. The same application listens on a second port, and the HTTP port
 * redirects devices there. Without a certificate, only HTTP is served.
 */
@Injectable()
export class TlsDoorService extends DoorService {
  private place: DoorPlace | undefined;

  constructor(settings: SettingsService) {
    super('HTTPS', settings);
  }

  override attach(application: Application): void {
    super.attach(application);
    this.answerPlainWith(application.answer);
  }

  /**
   * Listens if there is a certificate, and follows the settings from now on.
   *
   * @returns the URL that it listens on, or undefined without a certificate
   * @throws StoreError `not-configured` if it cannot listen on the port or use the certificate
   */
  async open(): Promise<string | undefined> {
    const place: DoorPlace = {
      host: await this.settings.get(LISTEN_ADDRESS),
      port: await this.settings.get(HTTPS_PORT),
      key: HTTPS_PORT.key,
    };
    this.place = place;
    await this.begin();
    return this.listener && storeUrl('https', place.host, place.port);
  }

  protected async apply(application: Application): Promise<void> {
    const { place } = this;
    if (!place) return;
    const pair = await this.pair();
    if (!pair) return this.retire();
    if (this.listener) this.listener.renew(pair);
    else this.listener = await DoorListener.open(application, place, pair);
    const redirect = {
      baseUrl: storeUrl('https', await this.settings.get(DOMAIN), place.port),
      headers: application.headers,
      trust: {
        forwardedProto: await this.settings.get(TRUST_FORWARDED_PROTO),
        proxies: await this.settings.get(TRUSTED_PROXIES),
      },
    };
    this.answerPlainWith(redirectTo(redirect, application.answer));
  }

  /** Returns to plain HTTP. */
  protected override retire(): void {
    if (this.listener && this.application) this.answerPlainWith(this.application.answer);
    super.retire();
  }

  private answerPlainWith(handler: RequestHandler): void {
    const { plain, front } = this.application ?? {};
    if (front) plain?.removeAllListeners('request').on('request', front.handler(handler));
  }
}
