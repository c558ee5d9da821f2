import { Body, Get, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { PageQueryDto } from '../management/api/page.dto.js';
import { sortedPage } from '../management/api/page.js';
import { serialPolicyView } from './device-model.view.js';
import { NewSerialPolicyDto, SerialPolicyDto, SerialPolicyPageDto } from './device-models.dto.js';
import { DeviceModelsService, type SerialPolicy } from './device-models.service.js';

const MAX_REVISION_DIGITS = 10;

/** Which key signs the serials of a model. Only an admin decides that. */
@AdminController('serial-policies', 'models')
export class SerialPoliciesAdminController {
  constructor(private readonly models: DeviceModelsService) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'list serial policies; the newest of a model applies' })
  @ApiOkResponse({ type: SerialPolicyPageDto })
  async list(@Query() page: PageQueryDto): Promise<SerialPolicyPageDto> {
    const keyOf = ({ brandId, model, policyRevision }: SerialPolicy) =>
      `${brandId}/${model}/${String(policyRevision).padStart(MAX_REVISION_DIGITS, '0')}`;
    const { items, next } = sortedPage(await this.models.listPolicies(), page, keyOf);
    return { items: items.map(serialPolicyView), next };
  }

  @Post()
  @Allow('admin', 'setting')
  @ApiOperation({ summary: 'set the key that signs the serials of a model from now on' })
  @ApiCreatedResponse({ type: SerialPolicyDto })
  async create(@Body() wanted: NewSerialPolicyDto): Promise<SerialPolicyDto> {
    const { model, 'signing-key': key, 'brand-id': brandId } = wanted;
    return serialPolicyView(await this.models.createPolicy(model, key, brandId));
  }
}
