import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { CA_CERTS } from '../settings/ca-certs.settings.js';
import { AIRGAP } from '../settings/mode.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { OutgoingConnection } from './outgoing-connection.js';
import { HTTPS_PROXY, UPSTREAM } from './outgoing.settings.js';
import { RetryService } from './retry.service.js';

/**
 * The only place that opens HTTP connections to other servers. In air-gapped mode it opens none.
 */
@Injectable()
export class OutgoingHttpService {
  constructor(
    private readonly settings: SettingsService,
    private readonly pause: RetryService,
  ) {
    for (const setting of [UPSTREAM, HTTPS_PROXY, CA_CERTS]) settings.define(setting);
  }

  /**
   * Opens a connection. The caller closes it.
   *
   * @param purpose - what the connection is for, as a refusal says it: "fetch snaps"
   * @throws StoreError `conflict` in air-gapped mode
   */
  async open(purpose: string): Promise<OutgoingConnection> {
    if (await this.settings.get(AIRGAP))
      throw new StoreError(
        'conflict',
        `cannot ${purpose}: the store is in air-gapped mode and opens no connections; run this on the connected machine`,
      );
    // Loaded only here: commands that open no connection start faster.
    const { makeAgent } = await import('./http-agent.js');
    return new OutgoingConnection(
      makeAgent({ proxy: await this.proxy(), ca: await this.settings.get(CA_CERTS) }),
      this.pause,
    );
  }

  /** The proxy of the setting, else of the variable that other programs use. */
  private async proxy(): Promise<URL | undefined> {
    const set = await this.settings.find(HTTPS_PROXY);
    if (set) return set;
    const text = process.env['https_proxy'] ?? process.env['HTTPS_PROXY'] ?? '';
    return text === '' ? undefined : HTTPS_PROXY.parse(text);
  }
}
