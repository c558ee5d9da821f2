import { StoreError } from '../common/errors.js';
import { askNewPassword } from '../common/terminal/new-password.js';
import type { Dialogue } from '../common/terminal/prompts.js';
import { parseSurveyAnswer, SURVEY, surveyLines, type SurveyQuestion } from './format/survey.js';

/** The credentials of a sign-in, and whether the user can be asked for them again. */
export interface SsoCredentials {
  readonly email: string;
  readonly password: string;
  readonly canAskAgain: boolean;
}

/** The questions of a registration. Each is asked only if its answer is needed. */
export interface RegistrationQuestions {
  readonly domain: () => Promise<string>;
  readonly credentials: () => Promise<SsoCredentials>;
  readonly oneTimeCode: () => Promise<{ readonly code: string; readonly canAskAgain: boolean }>;
  /** @returns answers by question; undefined if there are none */
  readonly survey: () => Promise<Readonly<Record<string, string>> | undefined>;
  /** Prints a line between questions. */
  readonly say: (line: string) => void;
}

const EMAIL = 'SNAPSTORE_EMAIL';
const PASSWORD = 'SNAPSTORE_PASSWORD';
const CODE = 'SNAPSTORE_OTP';

/** Asks the questions of the original at a terminal, or reads answers from a pipe or the environment. */
export class RegisterDialogue implements RegistrationQuestions {
  constructor(
    private readonly dialogue: Dialogue,
    private readonly options: { readonly skipQuestions: boolean },
    private readonly env: NodeJS.ProcessEnv = process.env,
  ) {}

  readonly domain = async (): Promise<string> => {
    this.dialogue.say(
      'Enter the domain name of this snap proxy: the host name or IP address that devices use.',
    );
    return required(await this.dialogue.ask('> '), 'a domain name', 'set proxy.domain');
  };

  readonly credentials = async (): Promise<SsoCredentials> => {
    const { isTerminal } = this.dialogue;
    const email = this.variable(EMAIL);
    const password = this.variable(PASSWORD);
    if (email === undefined || password === undefined)
      this.dialogue.say('Sign in with the account that will own the store.');
    return {
      email: email ?? required(await this.dialogue.ask('Email: '), 'an e-mail address', `set ${EMAIL}`),
      password:
        password ?? required(await this.dialogue.askSecret('Password: '), 'a password', `set ${PASSWORD}`),
      canAskAgain: isTerminal && password === undefined,
    };
  };

  readonly oneTimeCode = async (): Promise<{ code: string; canAskAgain: boolean }> => {
    const given = this.variable(CODE);
    const ask = async () =>
      required(await this.dialogue.ask('One-time code: '), 'a one-time code', `set ${CODE}`);
    return { code: given ?? (await ask()), canAskAgain: this.dialogue.isTerminal && given === undefined };
  };

  readonly survey = async (): Promise<Record<string, string> | undefined> => {
    if (this.options.skipQuestions) return undefined;
    const answers: Record<string, string> = {};
    for (const question of SURVEY) {
      const answer = await this.answer(question);
      if (answer === undefined) {
        this.say(
          'The other questions are skipped, because the input has ended (--skip-questions does the same).',
        );
        break;
      }
      answers[question.question] = answer;
    }
    return Object.keys(answers).length > 0 ? answers : undefined;
  };

  readonly say = (line: string): void => this.dialogue.say(line);

  private async answer(question: SurveyQuestion): Promise<string | undefined> {
    for (const line of surveyLines(question)) this.dialogue.say(line);
    for (;;) {
      const typed = await this.dialogue.ask('> ');
      if (typed === undefined) return undefined;
      const choice = parseSurveyAnswer(question, typed);
      if (choice !== undefined) return choice;
      const range = `give a number from 1 to ${question.choices.length}`;
      if (!this.dialogue.isTerminal)
        throw new StoreError(
          'invalid-request',
          `cannot use ${JSON.stringify(typed.slice(0, 40))} as the answer to ${JSON.stringify(question.question)}: ${range}, or use --skip-questions`,
        );
      this.dialogue.say(`Please ${range}.`);
    }
  }

  private variable(name: string): string | undefined {
    const value = this.env[name];
    return value === '' ? undefined : value;
  }
}

/**
 * Asks for the password that will protect a package; at a terminal twice, because the input is not shown.
 *
 * @throws StoreError `invalid-request` if there is none, or if the two entries differ
 */
export async function askInstallPassword(dialogue: Dialogue): Promise<string> {
  const instead = 'give it with --install-password';
  const password = await askNewPassword(dialogue, 'Install password', 'install password');
  return required(password, 'an install password', instead);
}

function required(answer: string | undefined, what: string, instead: string): string {
  if (answer !== undefined && answer !== '') return answer;
  throw new StoreError(
    'invalid-request',
    answer === ''
      ? `cannot register without ${what}: the answer is empty`
      : `cannot register without ${what}: the input has ended; answer the question, or ${instead}`,
  );
}
