import { Body, Get, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { PageQueryDto } from '../management/api/page.dto.js';
import { pageOf } from '../management/api/page.js';
import { NewSigningKeyDto, SigningKeyDto, SigningKeyPageDto } from './keys.dto.js';
import { signingKeyView } from './signing-key.view.js';
import { SigningKeysService } from './signing-keys.service.js';

/**
 * The keys that sign serials: their public halves. Only an admin creates one, since whoever chooses the keys of a brand
 * decides which devices are believed. A private key does not travel: `create key --from-file` imports one at the machine.
 */
@AdminController('keys', 'keys')
export class KeysAdminController {
  constructor(private readonly keys: SigningKeysService) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'list the keys that sign serials' })
  @ApiOkResponse({ type: SigningKeyPageDto })
  async list(@Query() page: PageQueryDto): Promise<SigningKeyPageDto> {
    const { items, next } = pageOf(await this.keys.list(), page, ({ name }) => name);
    return { items: items.map(signingKeyView), next };
  }

  @Get(':name')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'one key' })
  @ApiOkResponse({ type: SigningKeyDto })
  async get(@Param('name') name: string): Promise<SigningKeyDto> {
    return signingKeyView(await this.keys.get(name));
  }

  @Post()
  @Allow('admin', 'setting')
  @ApiOperation({ summary: 'generate a key' })
  @ApiCreatedResponse({ type: SigningKeyDto })
  async create(@Body() { name, token = false }: NewSigningKeyDto): Promise<SigningKeyDto> {
    return signingKeyView(await this.keys.create(name, token ? 'token' : 'software'));
  }
}
