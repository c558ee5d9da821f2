import { Controller, Get, NotFoundException, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sayWhoseAnswer } from '../../common/http/cache-headers.js';
import { sendJson } from '../../common/http/json-reply.js';
import { pathText } from '../../common/http/query-text.js';
import { requestingDevice } from '../device.js';
import { NamesService } from './names.service.js';

@Controller('v2/snaps')
export class CategoriesController {
  constructor(private readonly names: NamesService) {}

  @Get('categories')
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const names = await this.visible(request, reply);
    sendJson(reply, { categories: names.map((name) => ({ name })) });
  }

  @Get('category/:name')
  async find(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const asked = pathText(request, 'name');
    if (!(await this.visible(request, reply)).includes(asked))
      throw new NotFoundException(
        `no snap of this store is in a category ${JSON.stringify(asked.slice(0, 80))}`,
      );
    sendJson(reply, { category: { name: asked } });
  }

  /** The categories with snaps that the device gets. */
  private async visible(request: FastifyRequest, reply: FastifyReply): Promise<readonly string[]> {
    sayWhoseAnswer(request, reply);
    return await this.names.categories(requestingDevice(request));
  }
}
