import { Injectable, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../common/errors.js';
import { clientAddress } from '../common/http/client-address.js';
import { isPrivate } from '../settings/private-request.js';
import { SettingsService } from '../settings/settings.service.js';
import { ManagementPasswordService, type PasswordVerdict } from './management-password.service.js';
import { MANAGEMENT_PLAIN_HTTP } from './management.settings.js';

const REFUSALS: Readonly<Record<Exclude<PasswordVerdict, 'right'>, string>> = {
  wrong: 'cannot let you in: give the management password (HTTP Basic, any user name)',
  'not-set':
    'cannot let anybody in: no management password is set; `enable-airgap-mode` sets one on the store itself',
};

/** Lets in who gives the management password by HTTP Basic; the user name may be any. */
@Injectable()
export class ManagementGuard implements CanActivate {
  constructor(
    private readonly password: ManagementPasswordService,
    private readonly settings: SettingsService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    await this.checkWay(request);
    const { headers, raw } = request;
    const given = basicPassword(headers.authorization);
    const verdict = given === undefined ? 'wrong' : await this.password.check(given, clientAddress(raw));
    if (verdict === 'right') return true;
    void http
      .getResponse<FastifyReply>()
      .header('www-authenticate', 'Basic realm="store management", charset="UTF-8"');
    throw new UnauthorizedException(REFUSALS[verdict]);
  }

  /** Before the password is looked at, and without asking for one: a client that was refused must not send it. */
  private async checkWay(request: FastifyRequest): Promise<void> {
    if (isPrivate(request) || (await this.settings.get(MANAGEMENT_PLAIN_HTTP))) return;
    throw new StoreError(
      'forbidden',
      `cannot take the management password over plain HTTP: use HTTPS (\`import-certificate\`), or ask on the store itself at 127.0.0.1; behind a proxy that ends TLS list it in proxy.trusted-proxies; ${MANAGEMENT_PLAIN_HTTP.key}=true takes it in clear`,
    );
  }
}

/** @see RFC 7617, section 2 */
function basicPassword(header: string | undefined): string | undefined {
  const [, credentials] = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? '') ?? [];
  if (credentials === undefined) return undefined;
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : text.slice(colon + 1);
}
