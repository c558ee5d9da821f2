import type { KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { readSignedUrl, storeUrl, type StoreScheme } from '../common/http/store-url.js';
import { TLS_CERT } from '../https/tls.settings.js';
import { STORE_PRIVATE_KEY } from '../keys/key.settings.js';
import { KeysService } from '../keys/keys.service.js';
import { AIRGAP } from '../settings/mode.settings.js';
import { DOMAIN, HTTP_PORT, HTTPS_PORT } from '../settings/server.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { Dashboard, isCanonical, type RegistrationReply } from './dashboard.js';
import { JsonPostService } from './json-post.service.js';
import type { RegistrationQuestions } from './register-dialogue.js';
import { RegistrationKeeperService } from './registration-keeper.service.js';
import { DASHBOARD_LOCATION, SSO_LOCATION } from './registration.settings.js';
import { refuseRegistration } from './service-answer.js';
import { SsoSignIn } from './sign-in.js';

/** The options of a registration. */
export interface RegistrationOptions {
  /** Keep the existing store-id, because the URL has changed. */
  readonly again: boolean;
  /** Devices will use HTTPS. This is the default if the store has a certificate. */
  readonly https: boolean;
  /** The URL that devices use, if a proxy is in front of the store; by default, the URL from the settings. */
  readonly storeUrl?: string | undefined;
}

/** A newly registered store. */
export interface NewRegistration {
  readonly storeId: string;
  readonly url: string;
  /** The previous URL, if it was different. */
  readonly urlBefore: string | undefined;
  readonly keysGenerated: boolean;
}

interface Services {
  readonly dashboard: URL;
  readonly sso: URL;
}

/** Registers this store at a dashboard that speaks docs/registration-contract.md. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly settings: SettingsService,
    private readonly keeper: RegistrationKeeperService,
    private readonly keys: KeysService,
    private readonly http: JsonPostService,
  ) {}

  /**
   * @throws StoreError saying why the store cannot be registered. The registration is then not stored, but a new key
   *   pair is kept, because the dashboard may already know it
   */
  async register(options: RegistrationOptions, questions: RegistrationQuestions): Promise<NewRegistration> {
    const before = await this.checkBefore(options);
    const services = await this.services(questions);
    const url = options.storeUrl ?? keptBelowPath(before?.url) ?? (await this.url(options, questions));
    const dashboard = new Dashboard(this.http, services.dashboard);
    const root = await dashboard.rootMacaroon();
    const session = await new SsoSignIn(this.http, services.sso, questions).run(services.dashboard, root);
    const survey = await questions.survey();
    const { privateKey, generated } = await this.key(options);
    const storeId = before?.storeId;
    const reply = await dashboard.register(session, { url, privateKey, storeId, survey });
    await this.keep(reply, services.dashboard);
    const urlBefore = before?.url === url ? undefined : before?.url;
    return { storeId: reply.store.storeId, url, urlBefore, keysGenerated: generated };
  }

  private async checkBefore({
    again,
  }: RegistrationOptions): Promise<{ storeId: string; url?: string | undefined } | undefined> {
    if (await this.settings.get(AIRGAP))
      throw new StoreError(
        'conflict',
        'cannot register: this store is in air-gapped mode and opens no connection; register on a connected machine, then use `snap-store-proxy register --from FILE` here',
      );
    const before = await this.keeper.findRegistration();
    if (before && !again)
      throw new StoreError(
        'conflict',
        `cannot register: this store is registered as ${before.storeId} at ${before.url ?? 'no URL'}; after a change of proxy.domain use \`snap-store-proxy reregister\``,
      );
    if (!before && again)
      throw new StoreError(
        'not-configured',
        'cannot register again: this store is not registered; use `snap-store-proxy register`',
      );
    if (again && !(await this.keeper.holdsPrivateKey()))
      throw new StoreError(
        'not-configured',
        'cannot register again: proxy.key.private is not set, and only the key that registered the store may change it',
      );
    return before;
  }

  private async services(questions: RegistrationQuestions): Promise<Services> {
    const dashboard = await this.settings.get(DASHBOARD_LOCATION);
    const sso = await this.settings.get(SSO_LOCATION);
    if (isCanonical(dashboard))
      throw new StoreError(
        'unsupported',
        `cannot register at ${dashboard.origin}: the protocol of Canonical's dashboard is not public; create the registration with \`store-admin register --offline URL\` and import it with \`snap-store-proxy register --from offline-snap-store.tar.gz\`, or set proxy.dashboard.location to a store of this project (docs/registration.md)`,
      );
    if (sso.protocol === 'http:' && !isLoopback(sso))
      questions.say(`Warning: ${sso.origin} is not encrypted: others on the network can read the password.`);
    return { dashboard, sso };
  }

  private async url({ https }: RegistrationOptions, questions: RegistrationQuestions): Promise<string> {
    const domain = (await this.settings.isSet(DOMAIN))
      ? await this.settings.get(DOMAIN)
      : DOMAIN.parse(await questions.domain());
    const hasCertificate = (await this.settings.get(TLS_CERT)).length > 0;
    const scheme: StoreScheme = https || hasCertificate ? 'https' : 'http';
    return storeUrl(scheme, domain, await this.settings.get(scheme === 'https' ? HTTPS_PORT : HTTP_PORT));
  }

  /** The key is stored before it is sent, because a dashboard assigns a URL to one key permanently. */
  private async key({ again }: RegistrationOptions): Promise<{ privateKey: KeyObject; generated: boolean }> {
    const own = await this.settings.find(STORE_PRIVATE_KEY);
    if (own || again)
      return { privateKey: own ?? (await this.settings.get(STORE_PRIVATE_KEY)), generated: false };
    await this.keys.generate({ force: false, files: {} });
    return { privateKey: await this.settings.get(STORE_PRIVATE_KEY), generated: true };
  }

  private async keep({ store, assertions }: RegistrationReply, dashboard: URL): Promise<void> {
    try {
      await this.keeper.keep(store, assertions);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code === 'database-unavailable') throw error;
      throw refuseRegistration(
        `the answer of ${dashboard.origin} is invalid: ${error.message}; check that proxy.trusted-assertions names its root`,
        error,
      );
    }
  }
}

/** A URL with a path was set with --store-url: the settings would make another URL, which devices do not use. */
function keptBelowPath(url: string | undefined): string | undefined {
  return url !== undefined && readSignedUrl(url)?.path ? url : undefined;
}

function isLoopback({ hostname }: URL): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
  );
}
