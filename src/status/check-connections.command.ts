import { Command } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { CheckConnectionsService, type ConnectionReport } from './check-connections.service.js';

const LEFT_OUT: Readonly<Record<NonNullable<ConnectionReport['leftOut']>, string>> = {
  airgap: 'Store is in air-gapped mode: only the database is checked',
  'no-database': 'Other connections are not checked: their addresses are in the database',
};

@Command({
  name: 'check-connections',
  description: 'check the connections to the database, the registration services and the upstream store',
})
@OverTheNetwork({ role: 'operator', scope: 'read' })
export class CheckConnectionsCommand extends JsonCommand {
  constructor(private readonly connections: CheckConnectionsService) {
    super();
  }

  async run(_words: string[], options: JsonOption = {}): Promise<void> {
    const report = await this.connections.check();
    const failed = report.connections.filter(({ reason }) => reason !== undefined).length;
    if (options.json) {
      printJson(reportJson(report));
      if (failed > 0) process.exitCode = 1;
      return;
    }
    if (report.leftOut !== undefined) printLine(LEFT_OUT[report.leftOut]);
    for (const { kind, target, reason } of report.connections)
      printLine(`${kind}: ${target}: ${reason === undefined ? 'OK' : `not accessible: ${reason}`}`);
    if (failed > 0)
      throw new StoreError(
        'upstream-failed',
        `cannot use ${failed} of ${report.connections.length} connections`,
      );
    printLine('All connections appear to be accessible');
  }
}

function reportJson({ connections, leftOut }: ConnectionReport): object {
  return {
    accessible: connections.every(({ reason }) => reason === undefined),
    'left-out': leftOut ?? null,
    connections: connections.map(({ kind, target, reason }) => ({
      kind,
      target,
      accessible: reason === undefined,
      ...(reason !== undefined && { reason }),
    })),
  };
}
