import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { parseMacaroon, serializeMacaroon } from '../../common/crypto/macaroon/encoding.js';
import { addFirstPartyCaveat, mintMacaroon, type Macaroon } from '../../common/crypto/macaroon/macaroon.js';
import { verifyMacaroon, type MacaroonFault } from '../../common/crypto/macaroon/verify.js';
import { LoginService } from '../login/login.service.js';
import { readPredicate } from '../predicate.js';
import { SandboxClockService } from '../sandbox-clock.service.js';
import { SandboxState, type SandboxAccount } from '../sandbox-state.js';
import { DashboardError } from './dashboard-error.js';

/** How long a root macaroon is valid. */
export const ROOT_SECONDS = 60 * 60;

/** Accepted difference between two clocks. */
const SKEW_SECONDS = 60;

const IDENTIFIER_BYTES = 18;

const HEADER = /^Macaroon +root="([^"]*)", *discharge="([^"]*)"$/i;

function unauthorized(why: string): DashboardError {
  return new DashboardError('unauthorized', `cannot accept the authorization: ${why}`);
}

/** Checks the caveats of a root and its discharge, and collects the accounts that they name. */
class CaveatReader {
  readonly accounts = new Set<string>();
  dischargeExpired = false;
  private others = 0;

  constructor(
    private readonly root: Macaroon,
    private readonly now: Date,
  ) {}

  /** Whether an expired discharge is the only fault. */
  needsRefresh(faults: readonly MacaroonFault[]): boolean {
    return this.dischargeExpired && this.others === 0 && faults.every(({ kind }) => kind === 'caveat');
  }

  readonly check = (text: string, macaroon: Macaroon): boolean => {
    const holds = this.holds(text, macaroon);
    if (!holds && macaroon !== this.root && readPredicate(text).name === 'expires')
      this.dischargeExpired = true;
    else if (!holds) this.others += 1;
    return holds;
  };

  private holds(text: string, macaroon: Macaroon): boolean {
    const { location, name, value } = readPredicate(text);
    const moment = new Date(value).getTime();
    const isDischarge = macaroon !== this.root;
    if (location !== macaroon.location) return false;
    if (name === 'expires') return this.now.getTime() < moment;
    if (!isDischarge) return false;
    if (name === 'account') this.accounts.add(value);
    if (name === 'valid_since' || name === 'last_auth')
      return moment <= this.now.getTime() + SKEW_SECONDS * 1_000;
    return name === 'account';
  }
}

/** Authenticates callers of the dashboard by macaroons. */
@Injectable()
export class AuthorizationService {
  constructor(
    private readonly state: SandboxState,
    private readonly clock: SandboxClockService,
    private readonly login: LoginService,
  ) {}

  /**
   * Makes a root macaroon. It is valid after its holder has logged in.
   *
   * @param host - the host of the dashboard and of the log-in service
   */
  rootMacaroon(host: string): string {
    const expires = new Date(this.clock.now().getTime() + ROOT_SECONDS * 1_000);
    const minted = mintMacaroon(this.state.macaroonSecret, randomBytes(IDENTIFIER_BYTES), host);
    const expiring = addFirstPartyCaveat(minted, `${host}|expires|${expires.toISOString()}`);
    return serializeMacaroon(this.login.requireLogin(expiring, host));
  }

  /**
   * @param header - `Authorization`
   * @throws DashboardError `needs-refresh` if only the discharge has expired, else `unauthorized`
   */
  authenticate(header: string | undefined): SandboxAccount {
    const { root, discharge } = readHeader(header);
    const reader = new CaveatReader(root, this.clock.now());
    const faults = verifyMacaroon(root, [discharge], this.state.macaroonSecret, reader.check);
    if (faults.length > 0) {
      if (reader.needsRefresh(faults))
        throw new DashboardError('needs-refresh', 'the discharge has expired: refresh it');
      throw unauthorized(faults.map(faultText).join('; '));
    }
    const [accountId, ...others] = reader.accounts;
    const account = this.state.accounts.find((one) => one.accountId === accountId);
    // The holder of a discharge can add caveats to it. If they name a second account, it is valid for none.
    if (!account || others.length > 0) throw unauthorized('it must name exactly one account of this store');
    return account;
  }
}

function faultText(fault: MacaroonFault): string {
  if (fault.kind === 'caveat') return `${JSON.stringify(fault.predicate)} does not hold`;
  return {
    signature: 'a signature is wrong',
    'no-discharge': 'the discharge is missing',
    'unused-discharge': 'the discharge does not belong to this root',
  }[fault.kind];
}

function readHeader(header: string | undefined): { root: Macaroon; discharge: Macaroon } {
  const [, root, discharge] = HEADER.exec(header ?? '') ?? [];
  if (root === undefined || discharge === undefined)
    throw unauthorized('send AuthorizationService: Macaroon root="...", discharge="..."');
  try {
    return { root: parseMacaroon(root), discharge: parseMacaroon(discharge) };
  } catch (error) {
    throw unauthorized(error instanceof Error ? error.message : String(error));
  }
}
