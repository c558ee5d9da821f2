import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AddressRanges } from '../common/http/address-ranges.js';
import { clientAddress } from '../common/http/client-address.js';
import { AdminGate } from '../management/api/admin.gate.js';
import { METRICS_ALLOW } from '../management/management.settings.js';
import type { Access } from '../management/principal.js';
import { SettingsService } from '../settings/settings.service.js';

export const METRICS_PATH = '/metrics';

const ACCESS: Access = { role: 'viewer', scope: 'read' };

/** Lets in whoever may read metrics: an address of the setting, or a token. */
@Injectable()
export class MetricsGate {
  private allowed = AddressRanges.none;

  constructor(
    private readonly admin: AdminGate,
    private readonly settings: SettingsService,
  ) {}

  /** Must come before the routes. */
  async attach(fastify: Pick<FastifyInstance, 'addHook'>): Promise<void> {
    fastify.addHook('onRoute', (route) => {
      if (route.url !== METRICS_PATH) return;
      route.onRequest = [route.onRequest ?? [], this.onRequest].flat();
    });
    await this.settings.watch(() => void this.read());
    await this.read();
  }

  private readonly onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (this.allowed.has(clientAddress(request))) return;
    await this.admin.admit(request, reply, ACCESS);
  };

  /** While the database is unavailable, the last known addresses stay: that is when somebody watches. */
  private async read(): Promise<void> {
    try {
      this.allowed = await this.settings.get(METRICS_ALLOW);
    } catch {
      // Reported by the code that needs the database to answer.
    }
  }
}
