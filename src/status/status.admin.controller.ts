import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { statusJson } from './status-lines.js';
import { StatusDto } from './status.dto.js';
import { StatusService } from './status.service.js';

/** How the unit that answers is. */
@AdminController('status', 'status')
export class StatusAdminController {
  constructor(private readonly status: StatusService) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'how the unit that answers is; members as in `status --json`' })
  @ApiOkResponse({ type: StatusDto })
  async get(): Promise<object> {
    return statusJson(await this.status.get());
  }
}
