import { Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { parseEnd } from '../../common/end-time.js';
import { StoreError } from '../../common/errors.js';
import { DEFAULT_PAGE_ROWS } from '../../common/limits.js';
import type { DevicePosition } from '../../devices/device-question.js';
import { DevicesService, type DeviceWish } from '../../devices/devices.service.js';
import { parseGroupName } from '../../groups/device-group.js';
import { AdminController, Allow } from '../../management/api/access.decorator.js';
import { inField } from '../../management/api/in-field.js';
import { readCursor, writeCursor } from '../../management/api/page.js';
import { deviceDetailView, deviceView } from './device.view.js';
import { DeviceDetailDto, DevicePageDto, DeviceQueryDto } from './devices.dto.js';
import { FleetService } from './fleet.service.js';

const SEEN_KEY = /^[1-9]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

/** The devices that were registered here or have opened a session. */
@AdminController('devices', 'devices')
export class DevicesAdminController {
  constructor(
    private readonly fleet: FleetService,
    private readonly devices: DevicesService,
  ) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({
    summary: 'list devices; with `behind`, a page may be shorter than its limit before the last one',
  })
  @ApiOkResponse({ type: DevicePageDto })
  async list(@Query() query: DeviceQueryDto): Promise<DevicePageDto> {
    const { limit = DEFAULT_PAGE_ROWS, after, sort = 'device', order = 'asc', behind } = query;
    const question = {
      filter: await this.devices.filterOf(wishOf(query)),
      sort,
      descending: order === 'desc',
      after: after === undefined ? undefined : readPosition(after),
      limit,
    };
    const { devices, next } = await (behind === undefined
      ? this.fleet.page(question)
      : this.fleet.pageOfBehind(question));
    return { items: devices.map(deviceView), next: next === undefined ? null : writePosition(next) };
  }

  @Get(':brand/:model/:serial')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'one device: what it runs, and what a refresh would give it now' })
  @ApiOkResponse({ type: DeviceDetailDto })
  async get(
    @Param('brand') brandId: string,
    @Param('model') model: string,
    @Param('serial') serial: string,
  ): Promise<DeviceDetailDto> {
    return deviceDetailView(await this.fleet.get({ brandId, model, serial }));
  }
}

function wishOf(query: DeviceQueryDto): DeviceWish {
  const { brand, model, store, group, snap, revision, architecture } = query;
  if (revision !== undefined && snap === undefined)
    throw new StoreError('invalid-request', 'cannot list devices by revision: give snap too', {
      field: 'revision',
    });
  const time = (field: 'seen-since' | 'seen-before') => {
    const word = query[field];
    return word === undefined ? undefined : inField(field, () => parseEnd(word, field));
  };
  return {
    brandId: brand,
    model,
    storeId: store,
    group: group === undefined ? undefined : parseGroupName(group),
    snap,
    revision,
    architecture,
    seenSince: time('seen-since'),
    seenBefore: time('seen-before'),
  };
}

function writePosition({ seenKey, brandId, model, serial }: DevicePosition): string {
  return writeCursor(JSON.stringify([seenKey, brandId, model, serial]));
}

/** @throws StoreError `invalid-request` on a cursor of another list */
function readPosition(cursor: string): DevicePosition {
  const position = positionIn(readCursor(cursor));
  if (position) return position;
  throw new StoreError('invalid-request', 'cannot continue there: give `next` of a page of this list', {
    field: 'after',
  });
}

function positionIn(text: string): DevicePosition | undefined {
  try {
    const parts = JSON.parse(text) as unknown;
    if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) return undefined;
    const [seenKey = '', brandId, model, serial] = parts;
    if (brandId === undefined || model === undefined || serial === undefined) return undefined;
    // Not February 30, either.
    const isTime =
      SEEN_KEY.test(seenKey) && new Date(seenKey).toJSON()?.slice(0, 19) === seenKey.slice(0, 19);
    return isTime ? { seenKey, brandId, model, serial } : undefined;
  } catch {
    return undefined;
  }
}
