import { Command } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { tokenView } from './token.view.js';
import { TokensService } from './tokens.service.js';

@Command({ name: 'list-tokens', description: 'list the tokens with which machines manage the store' })
@OverTheNetwork({ role: 'admin', scope: 'operator' })
export class ListTokensCommand extends JsonCommand {
  constructor(private readonly tokens: TokensService) {
    super();
  }

  async run(_words: string[], options: JsonOption = {}): Promise<void> {
    const tokens = await this.tokens.list();
    if (options.json) return printJson({ tokens: tokens.map(tokenView) });
    printTable(
      ['Name', 'Role', 'Scopes', 'Operator', 'Expires', 'Last used'],
      tokens.map(({ name, role, scopes, operator, expiresAt, lastUsedAt }) => [
        name,
        role,
        scopes.join(',') || '-',
        operator ?? '-',
        expiresAt?.toISOString() ?? 'never',
        lastUsedAt?.toISOString() ?? '-',
      ]),
    );
  }
}
