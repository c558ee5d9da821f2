import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { PROXY_TRUST, type ProxyTrust } from '../common/request-origin.js';
import { TrustedProxies } from '../common/trusted-proxies.js';
import { TRUST_FORWARDED_PROTO, TRUSTED_PROXIES } from './server-settings.js';
import { SettingsService } from './settings.service.js';

/** Keeps at hand, for every request, whether the proxy in front of this server is believed. */
@Injectable()
export class ProxyTrustKeeper implements OnModuleInit {
  private readonly trust: ProxyTrust = { forwardedProto: false, proxies: TrustedProxies.none };

  constructor(
    private readonly settings: SettingsService,
    host: HttpAdapterHost<FastifyAdapter>,
  ) {
    host.httpAdapter.getInstance().decorate(PROXY_TRUST, this.trust);
  }

  async onModuleInit(): Promise<void> {
    await this.settings.watch(() => void this.read());
    await this.read();
  }

  /** While the database is away, what held last holds on. */
  private async read(): Promise<void> {
    const { settings, trust } = this;
    trust.forwardedProto = await settings.get(TRUST_FORWARDED_PROTO).catch(() => trust.forwardedProto);
    trust.proxies = await settings.get(TRUSTED_PROXIES).catch(() => trust.proxies);
  }
}
