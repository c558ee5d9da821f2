import { Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { StoreError } from '../common/errors.js';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { PageQueryDto } from '../management/api/page.dto.js';
import { pageOf } from '../management/api/page.js';
import { CategoryDto, CategoryPageDto } from './categories.dto.js';
import { CategoriesService } from './categories.service.js';

/** The categories that have snaps. */
@AdminController('categories', 'categories')
export class CategoriesAdminController {
  constructor(private readonly categories: CategoriesService) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'list the categories' })
  @ApiOkResponse({ type: CategoryPageDto })
  async list(@Query() page: PageQueryDto): Promise<CategoryPageDto> {
    return pageOf(await this.categories.count(), page, ({ name }) => name);
  }

  @Get(':category')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'one category' })
  @ApiOkResponse({ type: CategoryDto })
  async get(@Param('category') category: string): Promise<CategoryDto> {
    const found = (await this.categories.count()).find(({ name }) => name === category);
    if (found) return found;
    throw new StoreError(
      'not-found',
      `cannot show category ${JSON.stringify(category.slice(0, 80))}: no snap is in it`,
    );
  }
}
