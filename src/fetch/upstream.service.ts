import { Injectable } from '@nestjs/common';
import { OutgoingHttpService } from '../outgoing/outgoing-http.service.js';
import { UPSTREAM } from '../outgoing/outgoing.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { UpstreamClient } from './upstream-client.js';

/** Opens connections to the upstream store. */
@Injectable()
export class UpstreamService {
  constructor(
    private readonly settings: SettingsService,
    private readonly outgoing: OutgoingHttpService,
  ) {}

  /**
   * Opens an upstream client, which is created only here. The caller closes it.
   *
   * @throws StoreError `conflict` in air-gapped mode
   */
  async open(purpose: string): Promise<UpstreamClient> {
    const connection = await this.outgoing.open(purpose);
    return new UpstreamClient(connection, await this.settings.get(UPSTREAM));
  }
}
