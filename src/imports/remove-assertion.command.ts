import { Command, Option } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { RemoveAssertionService, type RemovedAssertion } from './remove-assertion.service.js';
import { removedAssertionView } from './removed-assertion.view.js';

@Command({
  name: 'remove-assertion',
  arguments: '<type> [key]',
  description: 'remove an assertion that nothing in the store depends on',
  argsDescription: {
    type: 'its type, such as snap-declaration; or TYPE/KEY',
    key: 'its primary key as `ack` prints it, such as 16/SNAP-ID',
  },
})
@OverTheNetwork({ role: 'operator', scope: 'import' })
export class RemoveAssertionCommand extends JsonCommand {
  constructor(private readonly removals: RemoveAssertionService) {
    super();
  }

  async run(words: string[], options: JsonOption & { dryRun?: boolean } = {}): Promise<void> {
    const dryRun = options.dryRun === true;
    const removed = await this.removals.remove(words, dryRun);
    if (options.json) printJson(removedAssertionView(removed, dryRun));
    else for (const line of removedLines(removed, dryRun)) printLine(line);
  }

  @Option({
    flags: '--dry-run',
    description: 'check everything and print what would be removed, but change nothing',
  })
  parseDryRun(): boolean {
    return true;
  }
}

function removedLines({ type, primaryKey, assertionRevisions }: RemovedAssertion, dryRun: boolean): string[] {
  const what = dryRun ? 'would be removed' : 'removed';
  return assertionRevisions.map(
    (revision) => `${type} ${primaryKey.join('/')} (revision ${revision}): ${what}`,
  );
}
