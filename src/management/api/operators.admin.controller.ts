import { Body, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseOperatorName } from '../operator.js';
import { operatorView } from '../operator.view.js';
import { OperatorsService } from '../operators.service.js';
import { AdminController, Allow } from './access.decorator.js';
import { etagOf, ifMatch } from './etag.js';
import { NewOperatorDto, OperatorChangeDto, OperatorDto, OperatorPageDto } from './operators.dto.js';
import { PageQueryDto } from './page.dto.js';
import { pageOf } from './page.js';

/** Who may manage the store over the network. */
@AdminController('operators', 'operators')
export class OperatorsAdminController {
  constructor(private readonly operators: OperatorsService) {}

  @Get()
  @Allow('admin', 'operator')
  @ApiOperation({ summary: 'list operators' })
  @ApiOkResponse({ type: OperatorPageDto })
  async list(@Query() page: PageQueryDto): Promise<OperatorPageDto> {
    const { items, next } = pageOf(await this.operators.list(), page, ({ name }) => name);
    return { items: items.map(operatorView), next };
  }

  @Get(':name')
  @Allow('admin', 'operator')
  @ApiOperation({ summary: 'one operator' })
  @ApiOkResponse({ type: OperatorDto })
  async get(
    @Param('name') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperatorDto> {
    const view = operatorView(await this.operators.get(parseOperatorName(name)));
    void reply.header('etag', etagOf(view));
    return view;
  }

  @Post()
  @Allow('admin', 'operator')
  @ApiOperation({ summary: 'add an operator' })
  @ApiCreatedResponse({ type: OperatorDto })
  async add(@Body() { name, role, password }: NewOperatorDto): Promise<OperatorDto> {
    return operatorView(await this.operators.add({ name: parseOperatorName(name), role, password }));
  }

  @Patch(':name')
  @Allow('admin', 'operator')
  @ApiOperation({
    summary: 'change the role or password of an operator, disable one, or turn the second factor off',
  })
  @ApiOkResponse({ type: OperatorDto })
  async change(
    @Param('name') name: string,
    @Body() { role, password, disabled, 'second-factor': secondFactor }: OperatorChangeDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperatorDto> {
    const totpSecret = secondFactor === false ? null : undefined;
    const change = { role, password, isDisabled: disabled, totpSecret };
    const changed = await this.operators.change(
      parseOperatorName(name),
      change,
      ifMatch(request, operatorView),
    );
    const view = operatorView(changed);
    void reply.header('etag', etagOf(view));
    return view;
  }

  @Delete(':name')
  @Allow('admin', 'operator')
  @HttpCode(204)
  @ApiOperation({ summary: 'remove an operator, with the sessions and tokens of the operator' })
  @ApiNoContentResponse()
  async remove(@Param('name') name: string, @Req() request: FastifyRequest): Promise<void> {
    await this.operators.remove(parseOperatorName(name), ifMatch(request, operatorView));
  }
}
