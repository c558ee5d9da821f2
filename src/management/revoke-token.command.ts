import { Command } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { parseTokenName } from './token.js';
import { TokensService } from './tokens.service.js';

@Command({
  name: 'revoke-token',
  arguments: '<name>',
  description: 'end a token at once',
  argsDescription: { name: 'as `list-tokens` shows it' },
})
@OverTheNetwork({ role: 'admin', scope: 'operator' })
export class RevokeTokenCommand extends JsonCommand {
  constructor(private readonly tokens: TokensService) {
    super();
  }

  async run([word = '']: string[], options: JsonOption = {}): Promise<void> {
    const name = parseTokenName(word);
    await this.tokens.revoke(name);
    if (options.json) printJson({ name });
    else printLine(`token ${name} revoked`);
  }
}
