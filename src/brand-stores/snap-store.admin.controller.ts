import { Body, Get, Param, Put, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseSnapName } from '../catalogue/snap-name.js';
import { snapOwnerView } from '../catalogue/snap-owner.view.js';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { changeOptions, etagOf } from '../management/api/etag.js';
import { checkStoreId } from './brand-store.js';
import { SnapStoreService } from './snap-store.service.js';
import { SnapStoreDto, SnapStoreResultDto, SnapStoreWishDto } from './stores.dto.js';

/** The brand store of a snap. */
@AdminController('snaps/:name/store', 'stores')
export class SnapStoreAdminController {
  constructor(private readonly snapStores: SnapStoreService) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'the brand store of a snap' })
  @ApiOkResponse({ type: SnapStoreDto })
  async get(
    @Param('name') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SnapStoreDto> {
    const view = snapOwnerView(await this.snapStores.get(parseSnapName(name)));
    void reply.header('etag', etagOf(view));
    return { name, ...view };
  }

  @Put()
  @Allow('operator', 'release')
  @ApiOperation({ summary: "put a snap into a brand store, or make it everybody's, as `set-store`" })
  @ApiOkResponse({ type: SnapStoreResultDto })
  async set(
    @Param('name') name: string,
    @Body() { store, private: isPrivate = false, 'dry-run': dryRun = false }: SnapStoreWishDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SnapStoreResultDto> {
    const snap = parseSnapName(name);
    if (store !== null) checkStoreId(store, `set the store of ${snap}`);
    const options = changeOptions(request, reply, snapOwnerView, dryRun);
    const changed = await this.snapStores.choose(snap, { storeId: store, isPrivate }, options);
    return { name, 'dry-run': dryRun, store, private: isPrivate, changed };
  }
}
