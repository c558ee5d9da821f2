import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion, HeaderMap } from '../assertions/format/assertion.js';
import { quote } from '../assertions/format/quote.js';
import { signAssertionWith } from '../assertions/format/sign.js';
import { AssertionBatch } from '../assertions/trust/batch.js';
import { StoreError } from '../common/errors.js';
import { MAX_SERIALS_OF_HARDWARE } from '../common/limits.js';
import { TransactionsService } from '../database/transactions.service.js';
import { SigningKeysService } from '../keys/signing-keys.service.js';
import type { ModelName } from './device-limits.service.js';
import { IssuedSerialsRepository } from './issued-serials.repository.js';
import { refuseDevice, type SerialRequest } from './serial-request.js';

/** Signs serials. Each serial belongs to one device key, and each key has one serial for a model. */
@Injectable()
export class SerialIssuerService {
  private readonly logger = new Logger(SerialIssuerService.name);

  constructor(
    private readonly issued: IssuedSerialsRepository,
    private readonly assertions: AssertionsService,
    private readonly keys: SigningKeysService,
    private readonly transactions: TransactionsService,
  ) {}

  /** Finds the serial that the device already has. @throws StoreError `conflict` if it asks for another one */
  async find({ brandId, model, deviceKeyId, proposedSerial }: SerialRequest): Promise<Assertion | undefined> {
    const serial = await this.issued.findByKey(brandId, model, deviceKeyId);
    if (serial === undefined) return undefined;
    if (proposedSerial !== undefined && proposedSerial !== serial)
      throw refuseDevice(
        `its key already has serial ${quote(serial)}, but it asks for ${quote(proposedSerial)}`,
        'conflict',
      );
    const key = [brandId, model, serial];
    // The cache may still say that there is none, although another unit has issued it since.
    return (await this.assertions.find('serial', key)) ?? (await this.assertions.findStored('serial', key));
  }

  /**
   * Signs a serial, stores it and returns it. If the device already has a serial, that one is returned unchanged.
   *
   * @param policy - the signing key of the model's policy, and the maximum number of serials
   * @param address - address of the device, for the log
   * @throws StoreError `conflict` if the serial belongs to another key; `not-configured`, `forbidden` or
   *   `invalid-assertion` if the signing key may not sign it (any more); `forbidden` if the model has reached its
   *   limit
   */
  async issue(
    request: SerialRequest,
    { keyName, maxSerials }: { readonly keyName: string; readonly maxSerials: number },
    address: string,
    now: Date,
  ): Promise<Assertion> {
    const serial = request.proposedSerial ?? request.original?.serial ?? randomUUID();
    const key = [request.brandId, request.model, serial];
    try {
      const acknowledged = await this.assertions.find('serial', key);
      if (acknowledged) sameDevice(acknowledged, request);
      const issued = acknowledged ?? (await this.sign(request, serial, keyName, now));
      await this.transactions.run(async (tx) => {
        const outcome = await this.issued.take(tx, { ...request, serial }, maxSerials, now);
        if (outcome === 'taken') throw taken(serial);
        if (outcome === 'too-many') throw tooMany(request, maxSerials);
        if (outcome === 'too-many-of-hardware')
          throw refuseDevice(
            `its hardware already has ${MAX_SERIALS_OF_HARDWARE} serials of this model, which is the limit`,
            'forbidden',
          );
        if (!acknowledged && (await this.assertions.add(tx, [issued])) === 0) throw taken(serial);
      });
      this.logger.warn(
        `issued serial ${key.join('/')} to the device key ${request.deviceKeyId} at ${address}`,
      );
      return issued;
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'conflict')) throw error;
      // Another unit, or `ack`, was faster at one of these steps: the stored serial is used.
      const held = (await this.find(request)) ?? (await this.assertions.findStored('serial', key));
      if (!held) throw error;
      return sameDevice(held, request);
    }
  }

  /** Signs, and verifies the result like any other assertion: the key may have expired or be constrained. */
  private async sign(request: SerialRequest, serial: string, keyName: string, now: Date): Promise<Assertion> {
    const key = await this.keys.find(keyName);
    if (key?.accountId === undefined)
      throw refuseDevice('the store does not hold the account-key of its signing key', 'not-configured');
    const headers: HeaderMap = {
      'authority-id': key.accountId,
      'brand-id': request.brandId,
      model: request.model,
      serial,
      'device-key': request.deviceKey,
      'device-key-sha3-384': request.deviceKeyId,
      timestamp: now.toISOString().replace(/\.\d+Z$/, 'Z'),
    };
    const { body } = request;
    const signed = await signAssertionWith(await this.keys.signer(keyName), {
      type: 'serial',
      headers,
      ...(body.length > 0 && { body }),
      timestamp: now,
    });
    const batch = new AssertionBatch();
    batch.add(signed);
    batch.refuseUnresolved(await this.assertions.verify(batch, now));
    return signed;
  }
}

function taken(serial: string): StoreError {
  return refuseDevice(`serial ${quote(serial)} belongs to a device with another key`, 'conflict');
}

/** The error for a model whose devices, registered and waiting, have reached its limit. */
export function tooMany({ brandId, model }: ModelName, maxSerials: number): StoreError {
  return refuseDevice(
    `model ${brandId}/${model} already has ${maxSerials} devices, which is its limit (--max-serials of \`create model\`)`,
    'forbidden',
  );
}

function sameDevice(held: Assertion, request: SerialRequest): Assertion {
  if (held.headers['device-key-sha3-384'] === request.deviceKeyId) return held;
  throw taken(held.primaryKey[2] ?? '');
}
