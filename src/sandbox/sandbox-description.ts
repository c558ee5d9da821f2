import { sandboxSnaps, type SandboxSnapSummary } from './sandbox-snaps.js';
import { otpAuthUrl, type SandboxState } from './sandbox-state.js';

/** Describes a running sandbox. */
export interface SandboxDescription {
  readonly url: string;
  readonly rootFile: string;
  readonly accounts: readonly {
    readonly accountId: string;
    readonly email: string;
    readonly password: string;
    /** For authenticator programs; only if the account has a second factor. */
    readonly otpAuthUrl?: string;
  }[];
  /** Arguments of `snap-store-proxy config` that make a connected machine use the sandbox. */
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
