import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { AtTheMachine, OverTheNetwork } from '../../common/command-line/over-the-network.js';
import { parseEnd } from '../../common/end-time.js';
import { StoreError } from '../../common/errors.js';
import { JsonCommand, type JsonOption } from '../../common/terminal/json-command.js';
import { Prompts } from '../../common/terminal/prompts.js';
import { printJson, printLine, printTable } from '../../common/terminal/terminal.js';
import type { AuditFilter } from './audit-event.js';
import { auditEventView } from './audit-event.view.js';
import { AuditTrimService, type AuditTrim } from './audit-trim.service.js';
import { trimLine, trimView } from './audit-trim.view.js';
import { AuditService } from './audit.service.js';

/** A hundred years. */
export const MAX_KEEP_DAYS = 36_500;
const DAY_MS = 86_400_000;
const DEFAULT_ROWS = 50;
/** Rows that `list` shows; `export` prints all. */
export const MAX_LISTED_ROWS = 10_000;

@SubCommand({ name: 'list', description: 'show the newest changes: who, when, from where, what' })
@OverTheNetwork({ role: 'admin', scope: 'audit' })
export class ListAuditCommand extends JsonCommand {
  constructor(private readonly audit: AuditService) {
    super();
  }

  async run(
    _words: string[],
    { limit = DEFAULT_ROWS, json, ...filter }: AuditFilter & JsonOption & { limit?: number } = {},
  ): Promise<void> {
    const events = await this.audit.list(limit, undefined, filter);
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
    flags: '--who <name>',
    description: 'only what this operator, token or account did: `jo`, `token ci`',
  })
  parseWho(name: string): string {
    return name;
  }

  @Option({
    flags: '--action <action>',
    description: 'only this: `operator.add`, or `operator` for all of them',
  })
  parseAction(action: string): string {
    return action;
  }

  @Option({ flags: '--subject <name>', description: 'only what was done to this: a name, a key' })
  parseSubject(name: string): string {
    return name;
  }

  @Option({ flags: '--since <date>', description: 'not before this date, or date, time and zone' })
  parseSince(date: string): Date {
    return parseEnd(date, 'time');
  }

  @Option({ flags: '--until <date>', description: 'before this date, or date, time and zone' })
  parseUntil(date: string): Date {
    return parseEnd(date, 'time');
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
@OverTheNetwork({ role: 'admin', scope: 'audit' })
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
@OverTheNetwork({ role: 'admin', scope: 'audit' })
export class VerifyAuditCommand extends JsonCommand {
  constructor(private readonly audit: AuditService) {
    super();
  }

  async run(_words: string[], options: JsonOption = {}): Promise<void> {
    const { rows, broken, trimmed } = await this.audit.verify();
    if (options.json) {
      printJson({
        rows,
        whole: broken === undefined,
        ...(trimmed && { trimmed: { first: trimmed.first, last: trimmed.last } }),
        ...(broken !== undefined && { broken }),
      });
      if (broken !== undefined) process.exitCode = 1;
      return;
    }
    if (broken !== undefined) throw new StoreError('conflict', `cannot trust the audit trail: ${broken}`);
    const before = trimmed ? `; rows before ${trimmed.last + 1} were removed by \`audit trim\`` : '';
    printLine(`audit trail: ${rows} rows, whole${before}`);
  }
}

interface TrimOptions extends JsonOption {
  readonly before?: Date;
  readonly keepDays?: number;
  readonly export?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

@SubCommand({
  name: 'trim',
  description:
    'export old changes to a file and remove them; a row of the trail says so, and `audit verify` knows it',
})
@AtTheMachine('it writes the removed rows to a file there')
export class TrimAuditCommand extends JsonCommand {
  constructor(private readonly trims: AuditTrimService) {
    super();
  }

  async run(_words: string[], options: TrimOptions = {}): Promise<void> {
    const before = limitOf(options);
    const plan = await this.trims.plan(before, options.export);
    if (plan && options.dryRun !== true) {
      if (options.yes !== true) await confirm(plan);
      await this.trims.trim(plan);
    }
    const wish = { before, isDryRun: options.dryRun === true };
    if (options.json) printJson(trimView(plan, wish));
    else printLine(trimLine(plan, wish));
  }

  @Option({
    flags: '--before <date>',
    description: 'remove what is older than this date, or date, time and zone',
  })
  parseBefore(date: string): Date {
    return parseEnd(date, 'time');
  }

  @Option({
    flags: '--keep-days <days>',
    description: `remove what is older than so many days (1-${MAX_KEEP_DAYS})`,
  })
  parseKeepDays(word: string): number {
    if (/^[1-9]\d*$/.test(word) && Number(word) <= MAX_KEEP_DAYS) return Number(word);
    throw new StoreError(
      'invalid-request',
      `cannot keep ${JSON.stringify(word.slice(0, 80))} days: give a number from 1 to ${MAX_KEEP_DAYS}`,
    );
  }

  @Option({
    flags: '--export <file>',
    description: 'new file for the removed rows; default: audit/audit-FIRST-LAST.jsonl in the data directory',
  })
  parseExport(file: string): string {
    return file;
  }

  @Option({ flags: '--yes', description: 'do not ask' })
  parseYes(): boolean {
    return true;
  }

  @Option({ flags: '--dry-run', description: 'show what would be removed, and remove nothing' })
  parseDryRun(): boolean {
    return true;
  }
}

@Command({
  name: 'audit',
  description: 'who changed what over the network and by commands',
  subCommands: [ListAuditCommand, ExportAuditCommand, VerifyAuditCommand, TrimAuditCommand],
})
@OverTheNetwork({ role: 'admin', scope: 'audit' })
export class AuditCommand extends CommandRunner {
  run(words: string[]): Promise<void> {
    const said = words[0] === undefined ? 'audit' : `audit ${JSON.stringify(words[0].slice(0, 80))}`;
    throw new StoreError(
      'invalid-request',
      `cannot run ${said}: give audit list, audit export, audit verify or audit trim`,
    );
  }
}

function limitOf({ before, keepDays }: TrimOptions): Date {
  if (before && keepDays === undefined) return before;
  if (!before && keepDays !== undefined) return new Date(Date.now() - keepDays * DAY_MS);
  throw new StoreError('invalid-request', 'cannot trim the audit trail: give --before or --keep-days');
}

async function confirm({ first, last, count, file }: AuditTrim): Promise<void> {
  const prompts = new Prompts();
  try {
    const refuse = (why: string) => new StoreError('conflict', `cannot trim the audit trail: ${why}`);
    if (!prompts.isTerminal) throw refuse('nobody is there to be asked; give --yes');
    prompts.say(`Rows ${first} to ${last} (${count}) are written to ${file} and removed.`);
    const answer = (await prompts.ask('Go on? [y/N] ')) ?? '';
    if (!/^y(?:es)?$/i.test(answer)) throw refuse('you did not say yes');
  } finally {
    prompts.close();
  }
}
