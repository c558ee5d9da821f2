import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { CA_CERTS } from '../settings/ca-certs.settings.js';
import { AIRGAP } from '../settings/mode.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { IssuerConnection } from './issuer-connection.js';
import { ISSUER_SETTINGS, OIDC_ISSUER } from './issuer.settings.js';
import { OutgoingConnection } from './outgoing-connection.js';
import { HTTPS_PROXY, UPSTREAM } from './outgoing.settings.js';
import { RetryService } from './retry.service.js';

/**
 * The only place that opens HTTP connections to other servers. In air-gapped mode it opens none, except to the identity
 * provider of the site, if the settings name one.
 */
@Injectable()
export class OutgoingHttpService {
  constructor(
    private readonly settings: SettingsService,
    private readonly pause: RetryService,
  ) {
    for (const setting of [UPSTREAM, HTTPS_PROXY, CA_CERTS, ...ISSUER_SETTINGS]) settings.define(setting);
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

  /**
   * Opens connections to the identity provider that the settings name, in air-gapped mode too: to its origin alone, and
   * never through a proxy. The caller closes them.
   *
   * @throws StoreError `not-configured` if the settings name none
   */
  async openIssuer(): Promise<{ connection: IssuerConnection; issuer: URL }> {
    const issuer = await this.settings.find(OIDC_ISSUER);
    if (!issuer)
      throw new StoreError(
        'not-configured',
        `cannot sign in by an identity provider: this store has none; \`config ${OIDC_ISSUER.key}=https://...\` names one`,
      );
    const { makeAgent } = await import('./http-agent.js');
    const agent = makeAgent({ proxy: undefined, ca: await this.settings.get(CA_CERTS) });
    return { connection: new IssuerConnection(agent, issuer), issuer };
  }

  /** The proxy of the setting, else of the variable that other programs use. */
  private async proxy(): Promise<URL | undefined> {
    const set = await this.settings.find(HTTPS_PROXY);
    if (set) return set;
    const text = process.env['https_proxy'] ?? process.env['HTTPS_PROXY'] ?? '';
    return text === '' ? undefined : HTTPS_PROXY.parse(text);
  }
}
