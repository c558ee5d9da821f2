import { Body, Delete, Get, HttpCode, Param, Put, Query, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { ChangeQueryDto } from '../management/api/change.dto.js';
import { changeOptions, etagOf, ifMatch } from '../management/api/etag.js';
import { PageQueryDto } from '../management/api/page.dto.js';
import { pageOf } from '../management/api/page.js';
import { checkStoreId, type BrandStore } from './brand-store.js';
import { BrandStoresService } from './brand-stores.service.js';
import { storeJson } from './store-outcome.view.js';
import { storeView } from './store.view.js';
import { StoreDto, StorePageDto, StoreResultDto, StoreWishDto } from './stores.dto.js';

/** The brand stores. */
@AdminController('stores', 'stores')
export class StoresAdminController {
  constructor(private readonly stores: BrandStoresService) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'list the brand stores' })
  @ApiOkResponse({ type: StorePageDto })
  async list(@Query() page: PageQueryDto): Promise<StorePageDto> {
    const { items, next } = pageOf(await this.stores.listCounted(), page, ({ storeId }) => storeId);
    return { items: items.map((store) => ({ ...storeView(store), snaps: store.snaps })), next };
  }

  @Get(':store')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'one brand store' })
  @ApiOkResponse({ type: StoreDto })
  async get(
    @Param('store') storeId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StoreDto> {
    checkStoreId(storeId, 'show a store');
    const view = storeView(await this.stores.show(storeId));
    void reply.header('etag', etagOf(view));
    return view;
  }

  @Put(':store')
  @Allow('operator', 'setting')
  @ApiOperation({ summary: 'add a brand store, or change its brand and parent, as `add-store`' })
  @ApiOkResponse({ type: StoreResultDto })
  async put(
    @Param('store') storeId: string,
    @Body() { 'brand-id': brandId, parent, 'dry-run': dryRun = false }: StoreWishDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StoreResultDto> {
    const options = changeOptions(request, reply, presentView, dryRun);
    const outcome = await this.stores.add({ storeId, brandId, parentId: parent }, options);
    return { 'dry-run': dryRun, ...storeJson(outcome) };
  }

  @Delete(':store')
  @Allow('operator', 'setting')
  @HttpCode(204)
  @ApiOperation({ summary: 'remove a brand store that has no snaps, as `remove-store`' })
  @ApiNoContentResponse()
  async remove(
    @Param('store') storeId: string,
    @Query() { 'dry-run': dryRun }: ChangeQueryDto,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    checkStoreId(storeId, 'remove a store');
    await this.stores.remove(storeId, { expect: ifMatch(request, storeView), dryRun });
  }
}

/** A store that does not exist has no ETag that anybody could have read. */
function presentView(store: BrandStore | undefined): object {
  return store ? storeView(store) : {};
}
