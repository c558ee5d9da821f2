import { Controller, Get, NotFoundException, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SnapVisibility } from '../brand-stores/snap-visibility.service.js';
import { sendJson } from '../common/json-reply.js';
import { pathText } from '../common/query-text.js';
import type { CategorySnaps } from './categories.repository.js';
import { CategoriesService } from './categories.service.js';

@Controller('v2/snaps')
export class CategoriesController {
  constructor(
    private readonly categories: CategoriesService,
    private readonly visibility: SnapVisibility,
  ) {}

  @Get('categories')
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const categories = await this.visible(request);
    sendJson(reply, { categories: categories.map(({ name }) => ({ name })) });
  }

  @Get('category/:name')
  async find(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const asked = pathText(request, 'name');
    const category = (await this.visible(request)).find(({ name }) => name === asked);
    if (!category)
      throw new NotFoundException(
        `no snap of this store is in a category ${JSON.stringify(asked.slice(0, 80))}`,
      );
    sendJson(reply, { category: { name: category.name } });
  }

  /** Those with snaps that the device gets. */
  private async visible(request: FastifyRequest): Promise<CategorySnaps[]> {
    return await this.categories.listFor(await this.visibility.storesOf(request.deviceSession));
  }
}
