import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { parseConnectionUrl } from '../database/connection-url.js';
import { describeServer } from '../database/database-connection.js';
import { DatabaseService } from '../database/database.service.js';
import type { OutgoingConnection } from '../outgoing/outgoing-connection.js';
import { OutgoingHttpService } from '../outgoing/outgoing-http.service.js';
import { UPSTREAM } from '../outgoing/outgoing.settings.js';
import { shownUrl } from '../outgoing/service-url.js';
import { DASHBOARD_LOCATION, SSO_LOCATION } from '../registration/registration.settings.js';
import { DATABASE_CONNECTION } from '../settings/database.settings.js';
import { AIRGAP } from '../settings/mode.settings.js';
import type { Setting } from '../settings/setting.js';
import { SettingsService } from '../settings/settings.service.js';

/** The services that a connected store uses, in the order of the original's lines. */
const SERVICES: readonly Setting<URL>[] = [DASHBOARD_LOCATION, SSO_LOCATION, UPSTREAM];

/** One connection that was checked. */
export interface CheckedConnection {
  readonly kind: 'http' | 'postgres';
  /** A URL or a host, without passwords. */
  readonly target: string;
  /** Why it cannot be used; undefined if it can. */
  readonly reason: string | undefined;
}

export interface ConnectionReport {
  readonly connections: readonly CheckedConnection[];
  /** Why other servers were left out: air-gapped mode contacts none, and none is known without the database. */
  readonly leftOut: 'airgap' | 'no-database' | undefined;
}

/** Checks every connection that this store needs. */
@Injectable()
export class CheckConnectionsService {
  constructor(
    private readonly settings: SettingsService,
    private readonly database: DatabaseService,
    private readonly outgoing: OutgoingHttpService,
  ) {}

  async check(): Promise<ConnectionReport> {
    const postgres = await this.checkDatabase();
    if (postgres.reason !== undefined) return { connections: [postgres], leftOut: 'no-database' };
    if (await this.settings.get(AIRGAP)) return { connections: [postgres], leftOut: 'airgap' };
    return { connections: [...(await this.checkServices()), postgres], leftOut: undefined };
  }

  private async checkDatabase(): Promise<CheckedConnection> {
    const url = await this.settings.find(DATABASE_CONNECTION);
    const host = url === undefined ? '/' : describeServer(parseConnectionUrl(url));
    const postgres = { kind: 'postgres', target: host.startsWith('/') ? 'localhost' : host } as const;
    try {
      await this.database.ready();
      return { ...postgres, reason: undefined };
    } catch (error) {
      return { ...postgres, reason: reasonOf(error) };
    }
  }

  private async checkServices(): Promise<CheckedConnection[]> {
    const connection = await this.outgoing.open('check connections');
    try {
      const urls = await Promise.all(SERVICES.map((setting) => this.settings.get(setting)));
      return await Promise.all(urls.map((url) => checkService(connection, url)));
    } finally {
      await connection.close();
    }
  }
}

/** Any answer below 500 will do: the connection works even if the service refuses this request. */
async function checkService(connection: OutgoingConnection, url: URL): Promise<CheckedConnection> {
  const http = { kind: 'http', target: shownUrl(url.href).replace(/\/$/, '') } as const;
  try {
    const { status, body } = await connection.stream({ method: 'HEAD', url });
    // The answer to HEAD has no body; reading it to the end releases the connection.
    for await (const _ of body) break;
    return { ...http, reason: status >= 500 ? `it answers ${status}` : undefined };
  } catch (error) {
    return { ...http, reason: reasonOf(error) };
  }
}

/** The reason, without the target that the line already names. */
function reasonOf(error: unknown): string {
  if (!(error instanceof StoreError)) throw error;
  return error.message.replace(/^cannot reach (?:the database at )?\S+: /, '');
}
