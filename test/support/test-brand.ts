import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assertion, HeaderMap } from '../../src/assertions/format/assertion.js';
import { encodePublicKey } from '../../src/assertions/format/keys.js';
import { signAssertion } from '../../src/assertions/format/sign.js';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { generateRsaKey } from '../../src/common/crypto/rsa-key.js';

/** Before everything that a test signs. */
export const SINCE = '2026-01-01T00:00:00Z';

/** An account that is a trusted root itself, and signs any type: what a brand, an operator or the store would sign. */
export class TestBrand {
  private readonly privateKey = generateRsaKey(2_048);
  readonly account: Assertion;
  readonly accountKey: Assertion;

  constructor(readonly accountId: string) {
    this.account = this.sign('account', {
      'account-id': accountId,
      'display-name': 'Test Brand',
      username: accountId,
      validation: 'verified',
      timestamp: SINCE,
    });
    const { id, encoded } = encodePublicKey(this.privateKey);
    this.accountKey = this.sign(
      'account-key',
      { 'public-key-sha3-384': id, 'account-id': accountId, name: 'brand', since: SINCE },
      encoded,
    );
  }

  /** @param headers - `authority-id` is put in */
  sign(type: string, headers: HeaderMap, body?: Buffer): Assertion {
    return signAssertion({
      type,
      headers: { 'authority-id': this.accountId, ...headers },
      privateKey: this.privateKey,
      ...(body && { body }),
    });
  }

  /** One revision of one point of a validation set, over a snap that need not exist. */
  validationSet(name: string, sequence: number, revision = 0): Assertion {
    return this.sign('validation-set', {
      series: '16',
      'account-id': this.accountId,
      name,
      sequence: String(sequence),
      revision: String(revision),
      snaps: [
        { name: 'some-snap', id: 'someSnapIdsomeSnapIdsomeSnapId12', presence: 'required', revision: '1' },
      ],
      timestamp: SINCE,
    });
  }

  /** A declaration of a snap of this brand's own. */
  snapDeclaration(snapId: string, revision: number, format = 0): Assertion {
    return this.sign('snap-declaration', {
      format: String(format),
      series: '16',
      'snap-id': snapId,
      'snap-name': `snap-${snapId.slice(0, 6).toLowerCase()}`,
      'publisher-id': this.accountId,
      revision: String(revision),
      timestamp: SINCE,
    });
  }

  /** Writes this root, and others, to the file that `proxy.trusted-assertions` takes. */
  async writeRoots(directory: string, others: readonly Assertion[] = []): Promise<string> {
    const path = join(directory, 'roots.assert');
    await writeFile(path, encodeStream([this.account, this.accountKey, ...others]));
    return path;
  }
}
