import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { CA_CERTS } from '../settings/ca-certs.settings.js';
import { AIRGAP } from '../settings/mode.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { OutgoingConnection } from './outgoing-connection.js';
import { HTTPS_PROXY, UPSTREAM } from './outgoing.settings.js';
import { RetryService } from './retry.service.js';

/**
 * The one way out: whatever this program asks of another server over HTTP goes through a connection that
 * is opened here, and in air-gapped mode none is.
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
   * Opens the way out. The caller closes it.
   *
   * @param purpose - what for, in the words of a refusal: "fetch snaps"
   * @throws StoreError `conflict` in air-gapped mode
   */
  async open(purpose: string): Promise<OutgoingConnection> {
    if (await this.settings.get(AIRGAP))
      throw new StoreError(
        'conflict',
        `cannot ${purpose}: the store is in air-gapped mode and opens no connection (do it on the connected machine)`,
      );
    // Loaded here alone: commands that go nowhere start faster without it.
    const { makeAgent } = await import('./http-agent.js');
    return new OutgoingConnection(
      makeAgent({ proxy: await this.proxy(), ca: await this.settings.get(CA_CERTS) }),
      this.pause,
    );
  }

  /** The setting, else the variable that other programs use. */
  private async proxy(): Promise<URL | undefined> {
    const set = await this.settings.find(HTTPS_PROXY);
    if (set) return set;
    const text = process.env['https_proxy'] ?? process.env['HTTPS_PROXY'] ?? '';
    return text === '' ? undefined : HTTPS_PROXY.parse(text);
  }
}
