import { Controller, Get, NotFoundException, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendJson } from '../common/json-reply.js';
import { pathText } from '../common/query-text.js';
import { CategoriesService } from './categories.service.js';

@Controller('v2/snaps')
export class CategoriesController {
  constructor(private readonly categories: CategoriesService) {}

  @Get('categories')
  async list(@Res() reply: FastifyReply): Promise<void> {
    sendJson(reply, { categories: (await this.categories.list()).map(({ name }) => ({ name })) });
  }

  @Get('category/:name')
  async find(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const asked = pathText(request, 'name');
    const category = (await this.categories.list()).find(({ name }) => name === asked);
    if (!category)
      throw new NotFoundException(
        `no snap of this store is in a category ${JSON.stringify(asked.slice(0, 80))}`,
      );
    sendJson(reply, { category: { name: category.name } });
  }
}
