import { Body, Get, Param, Patch, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../../common/errors.js';
import { whyNotChangeable } from '../../settings/network-change.js';
import type { SettingValue } from '../../settings/setting-writer.service.js';
import type { Setting } from '../../settings/setting.js';
import { SettingsService } from '../../settings/settings.service.js';
import { AdminController, Allow } from './access.decorator.js';
import { etagOf, ifMatch } from './etag.js';
import { SettingChangesDto, SettingDto, SettingListDto } from './settings.dto.js';

/** Settings that one request changes. */
const MAX_CHANGES = 100;

/** The settings of the store. Secrets can be set and never come back. */
@AdminController('settings', 'settings')
export class SettingsAdminController {
  constructor(private readonly settings: SettingsService) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'every setting there is' })
  @ApiOkResponse({ type: SettingListDto })
  async list(@Res({ passthrough: true }) reply: FastifyReply): Promise<SettingListDto> {
    const list = await this.all();
    void reply.header('etag', etagOf(list));
    return list;
  }

  @Get(':key')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'one setting' })
  @ApiOkResponse({ type: SettingDto })
  async get(@Param('key') key: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<SettingDto> {
    const found = (await this.all()).items.find((setting) => setting.key === key);
    if (!found)
      throw new StoreError(
        'not-found',
        `cannot find setting ${JSON.stringify(key.slice(0, 80))}: there is none`,
      );
    void reply.header('etag', etagOf(found));
    return found;
  }

  @Patch()
  @Allow('admin', 'setting')
  @ApiOperation({ summary: 'change settings: all that are named, or none' })
  @ApiOkResponse({ type: SettingListDto })
  async change(
    @Body() { values }: SettingChangesDto,
    @Req() request: FastifyRequest,
  ): Promise<SettingListDto> {
    const known = new Map(this.settings.definitions().map((setting) => [setting.key, setting]));
    const entries = Object.entries(values);
    if (entries.length > MAX_CHANGES)
      throw new StoreError('too-large', `cannot change settings: give up to ${MAX_CHANGES} at once`, {
        field: 'values',
      });
    for (const [key, value] of entries) checkChange(key, value, known.get(key));
    const expect = ifMatch(request, (present: readonly SettingValue[]) => this.listOf(present));
    await this.settings.take(values, { expect });
    return { items: (await this.all()).items.filter(({ key }) => Object.hasOwn(values, key)) };
  }

  private async all(): Promise<SettingListDto> {
    return this.listOf(await this.settings.list());
  }

  private listOf(values: readonly SettingValue[]): SettingListDto {
    const texts = new Map(values.map(({ key, text }) => [key, text]));
    return {
      items: this.settings.definitions().map((setting) => settingView(setting, texts.get(setting.key))),
    };
  }
}

function settingView(setting: Setting<unknown>, text: string | undefined): SettingDto {
  const { key, description, secret = false, needsRestart = false, show } = setting;
  const shown = text === undefined || secret ? null : (show?.(text) ?? text);
  return {
    key,
    value: shown,
    set: text !== undefined && text !== '',
    secret,
    changeable: whyNotChangeable(setting) === undefined,
    'needs-restart': needsRestart,
    description,
  };
}

function checkChange(key: string, value: unknown, setting: Setting<unknown> | undefined): void {
  const refuse = (why: string) =>
    new StoreError('invalid-setting', `cannot set ${JSON.stringify(key.slice(0, 80))}: ${why}`, {
      field: key,
    });
  if (!setting) throw refuse('there is no such setting');
  const why = whyNotChangeable(setting);
  if (why !== undefined) throw refuse(why);
  if (typeof value !== 'string') throw refuse('give a string');
}
