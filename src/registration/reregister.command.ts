import { Command, CommandRunner, Option } from 'nest-commander';
import { Prompts } from '../common/prompts.js';
import { printRegistration } from './print-registration.js';
import { RegisterDialogue } from './register-dialogue.js';
import { RegistrationService } from './registration.service.js';

interface ReregisterOptions {
  readonly https?: boolean;
  readonly skipQuestions?: boolean;
  readonly json?: boolean;
}

@Command({
  name: 'reregister',
  description: 'register this store again, with the same store-id, after its domain or port has changed',
})
export class ReregisterCommand extends CommandRunner {
  constructor(private readonly registrations: RegistrationService) {
    super();
  }

  async run(_arguments: string[], options: ReregisterOptions = {}): Promise<void> {
    const { https = false, skipQuestions = false } = options;
    const prompts = new Prompts();
    try {
      const questions = new RegisterDialogue(prompts, { skipQuestions });
      printRegistration(await this.registrations.register({ again: true, https }, questions), options);
    } finally {
      prompts.close();
    }
  }

  @Option({
    flags: '--https',
    description: 'devices use HTTPS (a store with a certificate is registered so anyway)',
  })
  parseHttps(): boolean {
    return true;
  }

  @Option({ flags: '--skip-questions', description: 'leave the survey out' })
  parseSkipQuestions(): boolean {
    return true;
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }
}
