import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../common/errors.js';
import { clientAddress } from '../common/http/client-address.js';
import { isPrivate } from '../settings/private-request.js';
import { SettingsService } from '../settings/settings.service.js';
import { AuthenticationService } from './authentication.service.js';
import { MANAGEMENT_PLAIN_HTTP } from './management.settings.js';
import { whyNotAllowed, type Access, type Principal } from './principal.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who manages the store with this request; `null` on routes of devices. */
    principal?: Principal | null;
  }
}

/** Overrides decide what devices get. */
const OVERRIDES_ACCESS: Access = { role: 'operator', scope: 'release' };
const READ_ACCESS: Access = { role: 'viewer', scope: 'read' };

/** Authenticates requests of the API for overrides: a token, or the management password by HTTP Basic. */
@Injectable()
export class ManagementGuard implements CanActivate {
  constructor(
    private readonly authentication: AuthenticationService,
    private readonly settings: SettingsService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const isChange = request.method !== 'GET' && request.method !== 'HEAD';
    // The gate has asked before the body was read.
    request.principal ??= await this.authenticate(request, http.getResponse<FastifyReply>(), isChange);
    const why = whyNotAllowed(request.principal, isChange ? OVERRIDES_ACCESS : READ_ACCESS);
    if (why !== undefined) throw new StoreError('forbidden', `cannot allow that: ${why}`);
    return true;
  }

  private async authenticate(
    request: FastifyRequest,
    reply: FastifyReply,
    isChange: boolean,
  ): Promise<Principal> {
    await checkWay(request, this.settings);
    const { authorization } = request.headers;
    try {
      const address = clientAddress(request.raw);
      return await this.authentication.authenticateForOverrides({ authorization, address, isChange });
    } catch (error) {
      if (error instanceof StoreError && error.code === 'unauthorized')
        void reply.header('www-authenticate', 'Basic realm="store management", charset="UTF-8"');
      throw error;
    }
  }
}

/** Before a secret is looked at, and without asking for one: a client that was refused must not send it. */
export async function checkWay(request: FastifyRequest, settings: SettingsService): Promise<void> {
  if (isPrivate(request) || (await settings.get(MANAGEMENT_PLAIN_HTTP))) return;
  throw new StoreError(
    'forbidden',
    `cannot take the management password over plain HTTP: use HTTPS (\`import-certificate\`), or ask on the store itself at 127.0.0.1; behind a proxy that ends TLS list it in proxy.trusted-proxies; ${MANAGEMENT_PLAIN_HTTP.key}=true takes it in clear`,
  );
}
