import { Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { parseEnd } from '../../common/end-time.js';
import { DEFAULT_PAGE_ROWS } from '../../common/limits.js';
import { auditEventView } from '../audit/audit-event.view.js';
import { AuditService } from '../audit/audit.service.js';
import { AdminController, Allow } from './access.decorator.js';
import { AuditPageDto, AuditQueryDto } from './audit.dto.js';
import { cutPage, readSequence, writeCursor } from './page.js';

/** Who changed what. */
@AdminController('audit', 'audit')
export class AuditAdminController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @Allow('admin', 'audit')
  @ApiOperation({ summary: 'list changes, the newest first' })
  @ApiOkResponse({ type: AuditPageDto })
  async list(
    @Query() { limit = DEFAULT_PAGE_ROWS, after, since, until, ...filter }: AuditQueryDto,
  ): Promise<AuditPageDto> {
    const events = await this.audit.list(limit + 1, after === undefined ? undefined : readSequence(after), {
      ...filter,
      since: since === undefined ? undefined : parseEnd(since, 'time'),
      until: until === undefined ? undefined : parseEnd(until, 'time'),
    });
    const { items, next } = cutPage(events, limit, ({ sequence }) => writeCursor(String(sequence)));
    return { items: items.map(auditEventView), next };
  }
}
