import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { AssertionBatch } from '../assertions/trust/batch.js';
import { isSameAssertion } from '../assertions/trust/verification.js';
import type { SerialTrust } from '../brand-stores/device-session.js';
import { StoreError } from '../common/errors.js';

/** Decides how far a serial is trusted. */
@Injectable()
export class SerialTrustService {
  constructor(private readonly assertions: AssertionsService) {}

  /**
   * Checks serial and model against the assertions of the store. A key that has expired since then is accepted, as on
   * the device: what it signed while it was valid stays valid.
   *
   * @throws StoreError `invalid-assertion` or `conflict` if either is provably wrong: it is not signed by the key that
   *   it names, its account may not sign it, or it differs from the store's and is not a newer revision by its
   *   brand
   */
  async judge(serial: Assertion, model: Assertion): Promise<SerialTrust> {
    const held = await this.assertions.find('serial', serial.primaryKey);
    if (held && isSameAssertion(held, serial)) return 'own';
    const isOwn = held?.content.equals(serial.content) === true;
    if (held && !isOwn && held.assertionRevision >= serial.assertionRevision) throw another(serial);
    const batch = new AssertionBatch();
    batch.add(model);
    batch.add(serial);
    const { unresolved } = await this.assertions.verifyIssued(batch);
    if (unresolved.length === 0) return isOwn ? 'own' : 'known-brand';
    if (held) throw another(serial);
    return 'unknown';
  }

  /** Whether the brand signed a model. An own serial is trusted with any model, so this is checked separately. */
  async isIssued(model: Assertion): Promise<boolean> {
    const batch = new AssertionBatch();
    batch.add(model);
    try {
      return (await this.assertions.verifyIssued(batch)).unresolved.length === 0;
    } catch (error) {
      if (error instanceof StoreError && error.code !== 'database-unavailable') return false;
      throw error;
    }
  }
}

function another({ primaryKey }: Assertion): StoreError {
  return new StoreError(
    'conflict',
    `cannot open device session: the store holds another serial ${primaryKey.join('/')}`,
  );
}
