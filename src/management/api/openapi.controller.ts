import { createHash } from 'node:crypto';
import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { sendJson } from '../../common/http/json-reply.js';
import { AllowAnyone } from './access.decorator.js';
import { OpenApiService } from './open-api.service.js';
import { openApiPage } from './openapi-page.view.js';

/** What the management API is, for programs and for people. */
@Controller('admin')
@ApiExcludeController()
export class OpenApiController {
  private page: Buffer | undefined;
  private json: Buffer | undefined;

  constructor(private readonly openApi: OpenApiService) {}

  @Get('v1/openapi.json')
  @AllowAnyone()
  document(@Res() reply: FastifyReply): void {
    this.json ??= Buffer.from(JSON.stringify(this.openApi.get()));
    sendJson(reply, this.json);
  }

  @Get('docs')
  @AllowAnyone()
  docs(@Res() reply: FastifyReply): void {
    this.page ??= Buffer.from(openApiPage(this.openApi.get()));
    const style = /<style>([^]*?)<\/style>/.exec(this.page.toString())?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    void reply
      .header('content-type', 'text/html; charset=utf-8')
      .header(
        'content-security-policy',
        `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; frame-ancestors 'none'`,
      )
      .send(this.page);
  }
}
