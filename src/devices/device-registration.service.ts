import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { encodeStream } from '../assertions/format/stream.js';
import { AssertionBatch } from '../assertions/trust/batch.js';
import { referenceOf } from '../assertions/trust/reference.js';
import { isSameAssertion } from '../assertions/trust/verification.js';
import { sha3_384 } from '../common/digest.js';
import type { DeviceModel } from './device-models.repository.js';
import { DeviceModelsService } from './device-models.service.js';
import { DeviceSecretService } from './device-secret.service.js';
import { SerialIssuerService } from './serial-issuer.service.js';
import {
  proveSerialRequest,
  readSerialClaim,
  refuseDevice,
  type SerialClaim,
  type SerialRequest,
} from './serial-request.js';
import { SerialRequestsRepository } from './serial-requests.repository.js';
import { SerialTrustService } from './serial-trust.service.js';
import { issueNonce, nonceExpiry } from './session-nonce.js';

/** How long a request that was taken may come again, counted from the last time: a device that waits asks each minute. */
export const KEPT_REQUEST_MS = 7 * 24 * 60 * 60 * 1_000;

/** Old request-ids are cleared away this often, by each unit. */
const FORGET_EVERY_MS = 60 * 60 * 1_000;

const SERIES = '16';

/** Gives serials to devices that have none, or that become another model. */
@Injectable()
export class DeviceRegistrationService {
  private forgotAt = 0;

  constructor(
    private readonly secret: DeviceSecretService,
    private readonly models: DeviceModelsService,
    private readonly requests: SerialRequestsRepository,
    private readonly trust: SerialTrustService,
    private readonly issuer: SerialIssuerService,
    private readonly assertions: AssertionsService,
  ) {}

  async issueRequestId(now = Date.now()): Promise<string> {
    return issueNonce(await this.secret.get(), now, 'serial-request-id');
  }

  /**
   * Registers a device.
   *
   * @param body - the stream that snapd sends
   * @param apiKey - of the header `api-key`
   * @returns its serial; undefined where there is no serial policy for its model yet, and it is to ask again
   * @throws StoreError `invalid-request`, `invalid-assertion`, `unsupported`, `too-large`, `forbidden`, `not-found`,
   *   `not-configured` or `conflict` in words that snapd shows
   */
  async register(
    body: unknown,
    apiKey: string | undefined,
    now = Date.now(),
  ): Promise<Assertion | undefined> {
    const claim = readSerialClaim(body);
    await this.checkRequestId(claim, now);
    const model = await this.admit(claim, apiKey);
    const request = await proveSerialRequest(claim);
    await this.checkModel(request);
    await this.checkOriginal(request, model);
    await this.useRequestId(claim, now);
    const held = await this.issuer.find(request);
    if (held || model.keyName === null) return held;
    return await this.issuer.issue(request, model.keyName, new Date(now));
  }

  /** A serial with all that leads from it up to a trusted root, for devices that take more than the serial. */
  async withChain(serial: Assertion): Promise<Buffer> {
    const roots = await this.assertions.trustedRoots();
    const chain = new Map<string, Assertion>();
    const visit = async (assertion: Assertion): Promise<void> => {
      if (chain.has(referenceOf(assertion))) return;
      chain.set(referenceOf(assertion), assertion);
      const accountKey = { type: 'account-key', primaryKey: [assertion.signKeyId] };
      for (const { type, primaryKey } of [...assertion.type.prerequisites(assertion), accountKey]) {
        const found = roots.find(type, primaryKey) ? undefined : await this.assertions.find(type, primaryKey);
        if (found) await visit(found);
      }
    };
    await visit(serial);
    return encodeStream([...chain.values()]);
  }

  private async admit({ brandId, model }: SerialClaim, apiKey: string | undefined): Promise<DeviceModel> {
    const known = await this.models.find(brandId, model);
    if (!known)
      throw refuseDevice(`this store registers no devices of model ${brandId}/${model}`, 'not-found');
    if (known.apiKey === null) return known;
    if (apiKey === undefined)
      throw refuseDevice(`devices of model ${brandId}/${model} must send an api-key`, 'forbidden');
    // Of equal length, so that the time it takes says nothing.
    if (!timingSafeEqual(sha3_384(Buffer.from(apiKey)), sha3_384(Buffer.from(known.apiKey))))
      throw refuseDevice(`its api-key is not that of model ${brandId}/${model}`, 'forbidden');
    return known;
  }

  /** A model that the device sends must be the store's own, or another revision by the brand. */
  private async checkModel({ brandId, model, modelAssertion }: SerialRequest): Promise<void> {
    const held = await this.assertions.find('model', [SERIES, brandId, model]);
    if (!held) throw refuseDevice(`the store holds no model ${brandId}/${model}`, 'not-configured');
    if (!modelAssertion || isSameAssertion(held, modelAssertion)) return;
    const batch = new AssertionBatch();
    batch.add(modelAssertion);
    batch.refuseUnresolved(await this.assertions.verifyIssued(batch));
  }

  private async checkOriginal({ original }: SerialRequest, model: DeviceModel): Promise<void> {
    if (!original) return;
    const from = `${original.brandId}/${original.model}`;
    if (!model.remodelFrom.includes(from))
      throw refuseDevice(
        `devices of model ${from} may not become ${model.brandId}/${model.model}`,
        'forbidden',
      );
    const old = await this.assertions.find('model', [SERIES, original.brandId, original.model]);
    if (!old) throw refuseDevice(`the store holds no model ${from}`, 'not-configured');
    if ((await this.trust.judge(original.assertion, old)) === 'unknown')
      throw refuseDevice(`the store does not know the key that signs its old serial`, 'forbidden');
  }

  /** Before anything costs more: whoever asks has asked here before. */
  private async checkRequestId({ requestId, digest }: SerialClaim, now: number): Promise<void> {
    const secret = await this.secret.get();
    if (nonceExpiry(secret, requestId, now, 'serial-request-id') !== undefined) return;
    if (!(await this.requests.isKnown(requestId, digest)))
      throw refuseDevice('its request-id is not of this store, or has expired');
  }

  private async useRequestId({ requestId, digest }: SerialClaim, now: number): Promise<void> {
    if (!(await this.requests.use(requestId, digest, now + KEPT_REQUEST_MS)))
      throw refuseDevice('its request-id was used by another request');
    if (now - this.forgotAt < FORGET_EVERY_MS) return;
    this.forgotAt = now;
    await this.requests.forgetExpired(now);
  }
}
