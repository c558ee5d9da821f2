import { Body, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { findOwnProgram } from '../common/files/program.js';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { ShownOnce } from '../management/api/idempotency.interceptor.js';
import { principalOf } from '../management/api/principal-of.js';
import { ActorContextService } from '../management/audit/actor-context.service.js';
import { CommandRunsService } from './command-runs.service.js';
import { CommandTable } from './command-table.js';
import { CommandAnswerDto, CommandListDto, CommandRequestDto } from './commands.dto.js';

/** One JSON object a line. */
const LINES_MEDIA_TYPE = 'application/x-ndjson';

/** The command line over the network. What a command needs is checked by itself: its role and its scope. */
@AdminController('commands', 'commands')
export class CommandsAdminController {
  constructor(
    private readonly runs: CommandRunsService,
    private readonly table: CommandTable,
    private readonly actors: ActorContextService,
  ) {}

  @Get()
  @Allow('viewer')
  @ApiOperation({ summary: 'the commands that can be run here, with the role and the scope that each needs' })
  @ApiOkResponse({ type: CommandListDto })
  list(): CommandListDto {
    const items = this.table
      .all()
      .flatMap(({ words, use }) =>
        use && 'role' in use ? [{ words, role: use.role, scope: use.scope }] : [],
      );
    return { version: findOwnProgram()?.version ?? '', items };
  }

  @Post()
  @Allow('viewer')
  @HttpCode(200)
  @ShownOnce()
  @ApiOperation({
    summary: 'run a command; the answer is its output, while it runs, and its exit status',
    description:
      'One JSON object a line: `command` (its id) first, then `stdout`, `stderr` and `question` (with `hidden`), and `exit` at the end. Empty lines come while there is nothing to say. A command ends when its caller goes away.',
  })
  @ApiOkResponse({ content: { [LINES_MEDIA_TYPE]: { schema: { type: 'string' } } } })
  async run(
    @Body() body: CommandRequestDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    // It waits for its turn, not for the database.
    request.visit?.leave();
    const caller = { principal: principalOf(request), actor: this.actors.current };
    const output = await this.runs.start(body, caller, gone.signal);
    reply.raw.once('close', () => output.destroy());
    if (gone.signal.aborted) output.destroy();
    await reply
      .code(200)
      .header('content-type', LINES_MEDIA_TYPE)
      // nginx would collect the answer.
      .header('x-accel-buffering', 'no')
      .send(output);
  }

  @Post(':id/answers')
  @Allow('viewer')
  @HttpCode(204)
  @ApiOperation({ summary: 'answer the question of a command' })
  @ApiNoContentResponse()
  answer(
    @Param('id') id: string,
    @Body() { answer }: CommandAnswerDto,
    @Req() request: FastifyRequest,
  ): void {
    this.runs.answer(id, principalOf(request), answer);
  }

  @Delete(':id')
  @Allow('viewer')
  @HttpCode(204)
  @ApiOperation({ summary: 'interrupt a command, as Ctrl-C does; its answer says how it ended' })
  @ApiNoContentResponse()
  interrupt(@Param('id') id: string, @Req() request: FastifyRequest): void {
    this.runs.interrupt(id, principalOf(request));
  }
}
