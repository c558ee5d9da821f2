import { Option, SubCommand } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { signingKeyView } from './signing-key.view.js';
import { SigningKeysService } from './signing-keys.service.js';

@SubCommand({ name: 'keys', description: 'list the keys that sign serials' })
@OverTheNetwork({ role: 'viewer', scope: 'read' })
export class ListKeysCommand extends JsonCommand {
  constructor(private readonly keys: SigningKeysService) {
    super();
  }

  async run(_arguments: string[], options: JsonOption = {}): Promise<void> {
    const keys = await this.keys.list();
    if (options.json) printJson({ keys: keys.map(signingKeyView) });
    else
      printTable(
        ['Name', 'SHA3-384', 'Account', 'Kept in'],
        keys.map(({ name, id, accountId, isInToken }) => [
          name,
          id,
          accountId ?? '-',
          isInToken ? 'token' : 'database',
        ]),
      );
  }

  @Option({ flags: '--json', description: 'print one JSON object, with the public keys' })
  override parseJson(): boolean {
    return true;
  }
}
