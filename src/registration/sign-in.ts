import { parseMacaroon, serializeMacaroon } from '../common/crypto/macaroon/encoding.js';
import { bindDischarge, type Caveat, type Macaroon } from '../common/crypto/macaroon/macaroon.js';
import { StoreError } from '../common/errors.js';
import type { JsonAnswer, JsonPostService } from './json-post.service.js';
import type { RegistrationQuestions } from './register-dialogue.js';
import { below } from './registration.settings.js';
import { findRefusal, refuseRegistration, textsOf, unexpected } from './service-answer.js';

/** How often a user at a terminal may try a password or a one-time code. */
export const MAX_SIGN_IN_ATTEMPTS = 3;

/** Parses a macaroon from a service. */
function readMacaroon(service: URL, text: string): Macaroon {
  try {
    return parseMacaroon(text);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw refuseRegistration(`${service.origin} answers with an unreadable macaroon`, error);
  }
}

/**
 * Finds the caveat that the single sign-on discharges. The password must only go to the service that the dashboard
 * names.
 */
function loginCaveat(root: Macaroon, dashboard: URL, sso: URL): Caveat {
  const parties = root.caveats.filter(({ thirdParty }) => thirdParty !== undefined);
  const found = parties.find(({ thirdParty }) => thirdParty?.location === sso.host);
  if (found) return found;
  const hosts = parties.map(({ thirdParty }) => thirdParty?.location).join(', ') || 'none';
  throw refuseRegistration(
    `${dashboard.origin} trusts the single sign-on at ${hosts}, but proxy.sso.location is ${sso.origin}; change it`,
  );
}

/** A root macaroon with its discharge, which authenticates the user. */
export class Session {
  constructor(
    private readonly root: Macaroon,
    private discharge: Macaroon,
    private readonly http: JsonPostService,
    private readonly sso: URL,
  ) {}

  get authorization(): string {
    const bound = bindDischarge(this.root, this.discharge);
    return `Macaroon root="${serializeMacaroon(this.root)}", discharge="${serializeMacaroon(bound)}"`;
  }

  /** Refreshes an expired discharge. */
  async refresh(): Promise<void> {
    const answer = await this.http.post(below(this.sso, 'api/v2/tokens/refresh'), {
      discharge_macaroon: serializeMacaroon(this.discharge),
    });
    if (answer.status === 401)
      throw refuseRegistration(`${this.sso.origin} does not renew the expired sign-in; register again`);
    this.discharge = dischargeOf(this.sso, answer);
  }
}

function dischargeOf(sso: URL, answer: JsonAnswer): Macaroon {
  return readMacaroon(sso, textsOf(sso, answer, 200, ['discharge_macaroon']).discharge_macaroon);
}

/** Signs a user in: asks for e-mail, password and, if the account has one, the second factor. */
export class SsoSignIn {
  constructor(
    private readonly http: JsonPostService,
    private readonly sso: URL,
    private readonly questions: RegistrationQuestions,
  ) {}

  /**
   * @param rootText - the dashboard's root macaroon
   * @throws StoreError `upstream-failed` if the single sign-on does not accept the credentials
   */
  async run(dashboard: URL, rootText: string): Promise<Session> {
    const root = readMacaroon(dashboard, rootText);
    const caveatId = loginCaveat(root, dashboard, this.sso).identifier.toString('utf8');
    for (let attempt = 1; ; attempt += 1) {
      const { email, password, canAskAgain } = await this.questions.credentials();
      const login = { email, password, caveat_id: caveatId };
      const answer = await this.discharge(login);
      const code = findRefusal(answer)?.code;
      if (code === 'INVALID_CREDENTIALS') {
        const wrong = `${this.sso.origin} does not accept this e-mail address and password`;
        if (!canAskAgain || attempt === MAX_SIGN_IN_ATTEMPTS) throw refuseRegistration(wrong);
        this.questions.say('The e-mail address or the password is wrong. Please try again.');
        continue;
      }
      const accepted = code === 'TWOFACTOR_REQUIRED' ? await this.secondFactor(login) : answer;
      return new Session(root, dischargeOf(this.sso, accepted), this.http, this.sso);
    }
  }

  private async secondFactor(login: object): Promise<JsonAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const { code, canAskAgain } = await this.questions.oneTimeCode();
      const answer = await this.discharge({ ...login, otp: code });
      if (findRefusal(answer)?.code !== 'TWOFACTOR_FAILURE') return answer;
      if (!canAskAgain || attempt === MAX_SIGN_IN_ATTEMPTS)
        throw refuseRegistration(
          `${this.sso.origin} does not accept this one-time code; give a fresh one, and check the clocks`,
        );
      this.questions.say('The one-time code is wrong. Please try again.');
    }
  }

  private async discharge(login: object): Promise<JsonAnswer> {
    const answer = await this.http.post(below(this.sso, 'api/v2/tokens/discharge'), login);
    if (answer.status !== 429) return answer;
    const seconds = answer.headers['retry-after'];
    if (seconds === undefined || !/^\d{1,6}$/.test(seconds)) throw unexpected(this.sso, answer);
    throw refuseRegistration(`${this.sso.origin} has had too many attempts; wait ${seconds} seconds`);
  }
}
