import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { AddressRanges } from '../common/http/address-ranges.js';
import { SURROUNDINGS, type Surroundings } from '../common/http/request-origin.js';
import { readSignedUrl } from '../common/http/store-url.js';
import { STORE_URL } from './identity.settings.js';
import { DOMAIN, TRUST_FORWARDED_PROTO, TRUSTED_PROXIES } from './server.settings.js';
import { SettingsService } from './settings.service.js';

/** Loads, for every request, the settings that say how devices reach this server. */
@Injectable()
export class SurroundingsGate implements OnModuleInit {
  private readonly surroundings: Surroundings = {
    forwardedProto: false,
    proxies: AddressRanges.none,
    signed: undefined,
    domain: '',
  };

  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly settings: SettingsService,
    host: HttpAdapterHost<FastifyAdapter>,
  ) {
    host.httpAdapter.getInstance().decorate(SURROUNDINGS, this.surroundings);
  }

  async onModuleInit(): Promise<void> {
    await this.settings.watch(() => void this.readInTurn());
    await this.readInTurn();
  }

  /** One read after the other: an earlier result must not overwrite a later one. */
  private async readInTurn(): Promise<void> {
    this.reading = this.reading.then(async () => await this.read());
    await this.reading;
  }

  /** While the database is unavailable, the last known values stay in use. */
  private async read(): Promise<void> {
    const { settings, surroundings } = this;
    try {
      const [forwardedProto, proxies, domain, url] = [
        await settings.get(TRUST_FORWARDED_PROTO),
        await settings.get(TRUSTED_PROXIES),
        await settings.get(DOMAIN),
        await settings.getText(STORE_URL.key),
      ];
      const signed = url === undefined ? undefined : readSignedUrl(url);
      Object.assign(surroundings, { forwardedProto, proxies, domain: domain.toLowerCase(), signed });
    } catch {
      // Reported by the code that needs the database to answer.
    }
  }
}
