import { Command, CommandRunner, Option } from 'nest-commander';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { parseTokenName } from './token.js';
import { TokensService } from './tokens.service.js';

@Command({
  name: 'revoke-token',
  arguments: '<name>',
  description: 'end a token at once',
  argsDescription: { name: 'as `list-tokens` shows it' },
})
export class RevokeTokenCommand extends CommandRunner {
  constructor(private readonly tokens: TokensService) {
    super();
  }

  async run([word = '']: string[], options: { json?: boolean } = {}): Promise<void> {
    const name = parseTokenName(word);
    await this.tokens.revoke(name);
    if (options.json) printJson({ name });
    else printLine(`token ${name} revoked`);
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }
}
