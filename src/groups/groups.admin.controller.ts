import { Body, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { etagOf, ifMatch } from '../management/api/etag.js';
import { PageQueryDto } from '../management/api/page.dto.js';
import { pageOf } from '../management/api/page.js';
import { parseGroupName, parseMember, type GroupMember } from './device-group.js';
import { groupView } from './group.view.js';
import { GroupChangeDto, GroupDto, GroupMemberDto, GroupPageDto, NewGroupDto } from './groups.dto.js';
import { GroupsService } from './groups.service.js';

/** Groups of devices, which overrides can be for. */
@AdminController('groups', 'groups')
export class GroupsAdminController {
  constructor(private readonly groups: GroupsService) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'list groups with the number of their members' })
  @ApiOkResponse({ type: GroupPageDto })
  async list(@Query() page: PageQueryDto): Promise<GroupPageDto> {
    const { items, next } = pageOf(await this.groups.sizes(), page, ({ name }) => name);
    return { items: items.map(({ name, members }) => ({ name, 'member-count': members })), next };
  }

  @Get(':name')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'one group with its members' })
  @ApiOkResponse({ type: GroupDto })
  async get(@Param('name') name: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<GroupDto> {
    const view = groupView(await this.groups.get(parseGroupName(name)));
    void reply.header('etag', etagOf(view));
    return view;
  }

  @Post()
  @Allow('operator', 'group')
  @ApiOperation({ summary: 'create a group' })
  @ApiCreatedResponse({ type: GroupDto })
  async create(@Body() { name }: NewGroupDto): Promise<GroupDto> {
    await this.groups.create(parseGroupName(name));
    return groupView({ name, members: [] });
  }

  @Patch(':name')
  @Allow('operator', 'group')
  @ApiOperation({ summary: 'add and remove members: all of them, or none' })
  @ApiOkResponse({ type: GroupDto })
  async change(
    @Param('name') name: string,
    @Body() { add = [], remove = [] }: GroupChangeDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<GroupDto> {
    const edit = { add: add.map(memberOf), remove: remove.map(memberOf) };
    const { group } = await this.groups.edit(parseGroupName(name), edit, ifMatch(request, groupView));
    const view = groupView(group);
    void reply.header('etag', etagOf(view));
    return view;
  }

  @Delete(':name')
  @Allow('operator', 'group')
  @HttpCode(204)
  @ApiOperation({ summary: 'delete a group that has no overrides' })
  @ApiNoContentResponse()
  async delete(@Param('name') name: string, @Req() request: FastifyRequest): Promise<void> {
    await this.groups.delete(parseGroupName(name), ifMatch(request, groupView));
  }
}

function memberOf({ kind, value }: GroupMemberDto): GroupMember {
  return parseMember(kind, value);
}
