import { Body, Get, Param, Put, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../common/errors.js';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { changeOptions, etagOf } from '../management/api/etag.js';
import { SnapCategoriesChoiceDto, SnapCategoriesDto, SnapCategoriesResultDto } from './categories.dto.js';
import { CategoriesService } from './categories.service.js';
import { snapCategoriesView } from './categories.view.js';
import { parseSnapName } from './snap-name.js';

/** The categories of a snap. */
@AdminController('snaps/:name/categories', 'categories')
export class SnapCategoriesAdminController {
  constructor(private readonly categories: CategoriesService) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'the categories of a snap' })
  @ApiOkResponse({ type: SnapCategoriesDto })
  async get(
    @Param('name') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SnapCategoriesDto> {
    const view = snapCategoriesView(await this.categories.get(parseSnapName(name)));
    void reply.header('etag', etagOf(view));
    return { name, ...view };
  }

  @Put()
  @Allow('operator', 'release')
  @ApiOperation({ summary: 'set the categories of a snap, as `set-categories`' })
  @ApiOkResponse({ type: SnapCategoriesResultDto })
  async set(
    @Param('name') name: string,
    @Body() { categories, imported = false, 'dry-run': dryRun = false }: SnapCategoriesChoiceDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SnapCategoriesResultDto> {
    const snap = parseSnapName(name);
    if ((categories !== undefined) === imported)
      throw new StoreError(
        'invalid-request',
        `cannot set the categories of ${snap}: give either categories or imported`,
        { field: 'categories' },
      );
    const options = changeOptions(request, reply, snapCategoriesView, dryRun);
    const outcome = await this.categories.choose(snap, categories ?? null, options);
    return { name, 'dry-run': dryRun, ...snapCategoriesView(outcome), changed: outcome.changed };
  }
}
