import { Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { GLOBAL_STORE } from '../brand-stores/brand-store.js';
import type { ListedSnap, SnapFilter, SnapOrder, SnapPlace } from '../catalogue/snap-list.js';
import { parseSnapName } from '../catalogue/snap-name.js';
import { parseChannel } from '../channels/channel.js';
import { DEFAULT_PAGE_ROWS } from '../common/limits.js';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { inField } from '../management/api/in-field.js';
import { PageQueryDto } from '../management/api/page.dto.js';
import {
  cutPage,
  keyNumber,
  otherList,
  readCursor,
  readKeys,
  writeCursor,
  writeKeys,
} from '../management/api/page.js';
import { parseArchitecture } from '../releases/release-words.js';
import {
  DeltaAttemptPageDto,
  HeldComponentPageDto,
  HeldRevisionPageDto,
  SnapDto,
} from './snap-overview.dto.js';
import { SnapOverviewService } from './snap-overview.service.js';
import {
  deltaAttemptView,
  heldComponentView,
  heldRevisionView,
  listedSnapView,
  snapOverviewView,
} from './snap-overview.view.js';
import { SnapPageDto, SnapsQueryDto } from './snaps.dto.js';

/** The form of the time in a cursor. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

/** The snaps of the store. */
@AdminController('snaps', 'snaps')
export class SnapsAdminController {
  constructor(private readonly snaps: SnapOverviewService) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'list snaps' })
  @ApiOkResponse({ type: SnapPageDto })
  async list(@Query() query: SnapsQueryDto): Promise<SnapPageDto> {
    const { limit = DEFAULT_PAGE_ROWS, sort: order = 'name', after } = query;
    const place = after === undefined ? undefined : readPlace(after, order);
    const found = await this.snaps.list(filterOf(query), { order, limit: limit + 1, after: place });
    const { items, next } = cutPage(found, limit, (last) => writePlace(order, last));
    return { items: items.map(listedSnapView), next };
  }

  @Get(':name')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'one snap, without its long lists' })
  @ApiOkResponse({ type: SnapDto })
  async get(@Param('name') name: string): Promise<SnapDto> {
    return snapOverviewView(await this.snaps.get(parseSnapName(name)));
  }

  @Get(':name/revisions')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'its revisions and who pushed them, the newest first' })
  @ApiOkResponse({ type: HeldRevisionPageDto })
  async revisions(
    @Param('name') name: string,
    @Query() { limit = DEFAULT_PAGE_ROWS, after }: PageQueryDto,
  ): Promise<HeldRevisionPageDto> {
    const before = after === undefined ? undefined : keyNumber(readCursor(after));
    const found = await this.snaps.revisions(parseSnapName(name), limit + 1, before);
    const { items, next } = cutPage(found, limit, ({ revision }) => writeCursor(String(revision)));
    return { items: items.map(heldRevisionView), next };
  }

  @Get(':name/components')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'the revisions of its components, by name, of each the newest first' })
  @ApiOkResponse({ type: HeldComponentPageDto })
  async components(
    @Param('name') name: string,
    @Query() { limit = DEFAULT_PAGE_ROWS, after }: PageQueryDto,
  ): Promise<HeldComponentPageDto> {
    const found = await this.snaps.components(
      parseSnapName(name),
      limit + 1,
      after === undefined ? undefined : readComponent(after),
    );
    const { items, next } = cutPage(found, limit, (last) => writeKeys([last.name, String(last.revision)]));
    return { items: items.map(heldComponentView), next };
  }

  @Get(':name/deltas')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'its deltas and the reasons for missing ones, the newest target first' })
  @ApiOkResponse({ type: DeltaAttemptPageDto })
  async deltas(
    @Param('name') name: string,
    @Query() { limit = DEFAULT_PAGE_ROWS, after }: PageQueryDto,
  ): Promise<DeltaAttemptPageDto> {
    const found = await this.snaps.deltasOf(
      parseSnapName(name),
      limit + 1,
      after === undefined ? undefined : readPair(after),
    );
    const { items, next } = cutPage(found, limit, (last) =>
      writeKeys([String(last.target), String(last.source)]),
    );
    return { items: items.map(deltaAttemptView), next };
  }
}

function filterOf(query: SnapsQueryDto): SnapFilter {
  const { q, store, category, architecture, channel, type, publisher } = query;
  return {
    text: q,
    namePrefix: query['name-prefix'],
    storeId: store === GLOBAL_STORE ? null : store,
    category,
    architecture:
      architecture === undefined ? undefined : inField('architecture', () => parseArchitecture(architecture)),
    channel: channel === undefined ? undefined : inField('channel', () => parseChannel(channel)),
    type,
    publisherId: publisher,
  };
}

function writePlace(order: SnapOrder, { key, name }: ListedSnap): string {
  return writeKeys([order, key, name]);
}

function readPlace(cursor: string, order: SnapOrder): SnapPlace {
  const [cursorOrder, key = '', name = ''] = readKeys(cursor, 3);
  const isTime = TIME.test(key) && !Number.isNaN(Date.parse(key));
  if (cursorOrder === order && (isTime || order.endsWith('name'))) return { key, name };
  throw otherList();
}

function readComponent(cursor: string): { name: string; revision: number } {
  const [name = '', revision = ''] = readKeys(cursor, 2);
  return { name, revision: keyNumber(revision) };
}

function readPair(cursor: string): { source: number; target: number } {
  const [target = '', source = ''] = readKeys(cursor, 2);
  return { target: keyNumber(target), source: keyNumber(source) };
}
