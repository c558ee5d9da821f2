import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { StoreError } from '../../common/errors.js';
import { JsonCommand, type JsonOption } from '../../common/terminal/json-command.js';
import { printJson, printLine, printTable } from '../../common/terminal/terminal.js';
import { auditEventView } from './audit-event.view.js';
import { AuditService } from './audit.service.js';

const DEFAULT_ROWS = 50;
/** Rows that `list` shows; `export` prints all. */
export const MAX_LISTED_ROWS = 10_000;

@SubCommand({ name: 'list', description: 'show the newest changes: who, when, from where, what' })
export class ListAuditCommand extends JsonCommand {
  constructor(private readonly audit: AuditService) {
    super();
  }

  async run(
    _words: string[],
    { limit = DEFAULT_ROWS, json }: JsonOption & { limit?: number } = {},
  ): Promise<void> {
    const events = await this.audit.list(limit);
    if (json) return printJson({ events: events.map(auditEventView) });
    printTable(
      ['Row', 'When', 'Who', 'From', 'Action', 'Subject'],
      events.map(({ sequence, at, actorKind, actor, address, action, subject }) => [
        String(sequence),
        at.toISOString(),
        `${actorKind} ${actor}`,
        address ?? '-',
        action,
        subject,
      ]),
    );
  }

  @Option({
    flags: '--limit <rows>',
    description: `how many rows (1-${MAX_LISTED_ROWS}); default ${DEFAULT_ROWS}`,
  })
  parseLimit(word: string): number {
    if (/^[1-9]\d*$/.test(word) && Number(word) <= MAX_LISTED_ROWS) return Number(word);
    throw new StoreError(
      'invalid-request',
      `cannot list ${JSON.stringify(word.slice(0, 80))} rows: give a number from 1 to ${MAX_LISTED_ROWS}`,
    );
  }
}

@SubCommand({ name: 'export', description: 'print every change, one JSON object a line, the oldest first' })
export class ExportAuditCommand extends CommandRunner {
  constructor(private readonly audit: AuditService) {
    super();
  }

  async run(): Promise<void> {
    for await (const event of this.audit.all()) printLine(JSON.stringify(auditEventView(event)));
  }
}

@SubCommand({
  name: 'verify',
  description:
    'check the chain of hashes: finds a row that was removed, changed or put in the place of another',
})
export class VerifyAuditCommand extends JsonCommand {
  constructor(private readonly audit: AuditService) {
    super();
  }

  async run(_words: string[], options: JsonOption = {}): Promise<void> {
    const { rows, broken } = await this.audit.verify();
    if (options.json) {
      printJson({ rows, whole: broken === undefined, ...(broken !== undefined && { broken }) });
      if (broken !== undefined) process.exitCode = 1;
      return;
    }
    if (broken !== undefined) throw new StoreError('conflict', `cannot trust the audit trail: ${broken}`);
    printLine(`audit trail: ${rows} rows, whole`);
  }
}

@Command({
  name: 'audit',
  description: 'who changed what over the network and by commands',
  subCommands: [ListAuditCommand, ExportAuditCommand, VerifyAuditCommand],
})
export class AuditCommand extends CommandRunner {
  run(words: string[]): Promise<void> {
    const said = words[0] === undefined ? 'audit' : `audit ${JSON.stringify(words[0].slice(0, 80))}`;
    throw new StoreError(
      'invalid-request',
      `cannot run ${said}: give audit list, audit export or audit verify`,
    );
  }
}
