import { sandboxSnaps, type SandboxSnapSummary } from './sandbox-snaps.js';
import { otpAuthUrl, type SandboxState } from './sandbox-state.js';

/** What there is to know of a running sandbox. */
export interface SandboxDescription {
  readonly url: string;
  readonly rootFile: string;
  readonly accounts: readonly {
    readonly accountId: string;
    readonly email: string;
    readonly password: string;
    /** For authenticator programs; only where the account has a second factor. */
    readonly otpAuthUrl?: string;
  }[];
  /** What turns a store's connected machine to it: words for `snap-store-proxy config`. */
  readonly settings: readonly string[];
  readonly snaps: readonly SandboxSnapSummary[];
}

/** @param url - scheme, host and port */
export function describeSandbox(state: SandboxState, url: string): SandboxDescription {
  return {
    url,
    rootFile: state.rootFile,
    accounts: state.accounts.map((account) => {
      const { accountId, email, password } = account;
      const secondFactor = otpAuthUrl(account);
      return { accountId, email, password, ...(secondFactor !== undefined && { otpAuthUrl: secondFactor }) };
    }),
    settings: [
      `proxy.upstream=${url}`,
      `proxy.dashboard.location=${url}`,
      `proxy.sso.location=${url}`,
      `proxy.trusted-assertions=${state.rootFile}`,
    ],
    snaps: sandboxSnaps(),
  };
}
