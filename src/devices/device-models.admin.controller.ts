import { Body, Get, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../common/errors.js';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { etagOf, ifMatch } from '../management/api/etag.js';
import { PageQueryDto } from '../management/api/page.dto.js';
import { sortedPage } from '../management/api/page.js';
import { publicModelView } from './device-model.view.js';
import { DeviceModelDto, DeviceModelPageDto, ModelRulesDto, NewModelDto } from './device-models.dto.js';
import { DeviceModelsService, type DeviceModel, type ModelRequest } from './device-models.service.js';

/**
 * The models whose devices register here. Only an admin changes them, since they decide which devices get a serial
 * that this store signs.
 */
@AdminController('models', 'models')
export class DeviceModelsAdminController {
  constructor(private readonly models: DeviceModelsService) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'list the models whose devices register here' })
  @ApiOkResponse({ type: DeviceModelPageDto })
  async list(@Query() page: PageQueryDto): Promise<DeviceModelPageDto> {
    const keyOf = ({ brandId, model }: DeviceModel) => `${brandId}/${model}`;
    const { items, next } = sortedPage(await this.models.list(), page, keyOf);
    return { items: items.map(publicModelView), next };
  }

  @Get(':brand/:name')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'one model' })
  @ApiOkResponse({ type: DeviceModelDto })
  async get(
    @Param('brand') brandId: string,
    @Param('name') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DeviceModelDto> {
    const view = publicModelView(await this.models.get(brandId, name));
    void reply.header('etag', etagOf(view));
    return view;
  }

  @Post()
  @Allow('admin', 'setting')
  @ApiOperation({ summary: 'register devices of a model' })
  @ApiCreatedResponse({ type: DeviceModelDto })
  async create(@Body() { name, 'brand-id': brandId, ...rules }: NewModelDto): Promise<DeviceModelDto> {
    return publicModelView(await this.models.create({ ...requestOf(rules), name, brandId, replace: false }));
  }

  @Put(':brand/:name')
  @Allow('admin', 'setting')
  @ApiOperation({ summary: 'create a model, or replace its rules' })
  @ApiOkResponse({ type: DeviceModelDto })
  async replace(
    @Param('brand') brandId: string,
    @Param('name') name: string,
    @Body() rules: ModelRulesDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DeviceModelDto> {
    const expect = ifMatch(request, (present: DeviceModel | undefined) =>
      present ? publicModelView(present) : {},
    );
    const model = await this.models.create({ ...requestOf(rules), name, brandId, replace: true }, expect);
    const view = publicModelView(model);
    void reply.header('etag', etagOf(view));
    return view;
  }
}

/** As the command: a model without an API key is one that somebody has asked for in so many words. */
function requestOf(rules: ModelRulesDto): Omit<ModelRequest, 'name' | 'brandId' | 'replace'> {
  const { 'api-key': apiKey, 'hardware-issuers': hardwareIssuers = [] } = rules;
  const refuse = (why: string) =>
    new StoreError('invalid-request', `cannot create model: ${why}`, { field: 'api-key' });
  const isProven = hardwareIssuers.length > 0;
  if (isProven && typeof apiKey === 'string') throw refuse('give hardware-issuers or api-key, not both');
  if (!isProven && apiKey === undefined) throw refuse('give api-key, or null for none');
  return {
    apiKey: apiKey ?? undefined,
    remodelFrom: rules['remodel-from'] ?? [],
    maxSerials: rules['max-serials'],
    hardwareIssuers,
  };
}
