import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { sendJson } from '../../common/http/json-reply.js';
import { AllowAnyone } from './access.decorator.js';
import { OpenApiService } from './open-api.service.js';
import { openApiPage, PAGE_POLICY } from './openapi-page.view.js';

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
    void reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', PAGE_POLICY)
      .send(this.page);
  }
}
