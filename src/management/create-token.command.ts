import { Command, Option } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { parseRole, parseScope, SCOPES, type Role, type Scope } from '../common/domain/role.js';
import { parseEnd } from '../common/end-time.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printNote, printText } from '../common/terminal/terminal.js';
import { ActorContextService } from './audit/actor-context.service.js';
import { parseOperatorName } from './operator.js';
import { boundedBy } from './token-bounds.js';
import { parseTokenName } from './token.js';
import { tokenView } from './token.view.js';
import { TokensService, type NewToken } from './tokens.service.js';

interface CreateOptions extends JsonOption {
  readonly role: Role;
  readonly scope?: readonly Scope[];
  readonly expires?: Date;
  readonly operator?: string;
}

@Command({
  name: 'create-token',
  arguments: '<name>',
  description: 'create a token with which a machine manages the store over the network; it is shown once',
  argsDescription: { name: 'lower-case letters, digits and -._' },
})
@OverTheNetwork({ role: 'admin', scope: 'operator' })
export class CreateTokenCommand extends JsonCommand {
  constructor(
    private readonly tokens: TokensService,
    private readonly actors: ActorContextService,
  ) {
    super();
  }

  async run([word = '']: string[], options: CreateOptions): Promise<void> {
    const wanted: NewToken = {
      name: parseTokenName(word),
      role: options.role,
      scopes: options.scope ?? [],
      operator: options.operator,
      expiresAt: options.expires,
    };
    const { principal } = this.actors;
    const { token, text } = await this.tokens.create(principal ? boundedBy(principal, wanted) : wanted);
    if (options.json) return printJson({ ...tokenView(token), token: text });
    printNote('Keep this token: it is not shown again.');
    printText(text);
  }

  @Option({ flags: '--role <role>', description: 'viewer, operator or admin', required: true })
  parseRole(role: string): Role {
    return parseRole(role);
  }

  @Option({
    flags: '--scope <scope>',
    description: `what it is for: ${SCOPES.join(', ')}; repeatable; without it, everything that the role may do`,
  })
  parseScope(scope: string, before: readonly Scope[] = []): readonly Scope[] {
    return [...before, parseScope(scope)];
  }

  @Option({ flags: '--expires <date>', description: 'when it expires; without it, never' })
  parseExpires(date: string): Date {
    return parseEnd(date);
  }

  @Option({
    flags: '--operator <name>',
    description: 'whose it is: it may do no more than this operator, and ends with this operator',
  })
  parseOperator(name: string): string {
    return parseOperatorName(name);
  }
}
