import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AssertionChainsService } from '../assertions/assertion-chains.service.js';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { encodeStream } from '../assertions/format/stream.js';
import { AssertionBatch } from '../assertions/trust/batch.js';
import { isSameAssertion } from '../assertions/trust/verification.js';
import { sha3_384 } from '../common/crypto/digest.js';
import { SERIES } from '../common/domain/words.js';
import { DEFAULT_MAX_SERIALS } from '../common/limits.js';
import { DeviceLimitsService } from './device-limits.service.js';
import type { DeviceModel } from './device-models.repository.js';
import { DeviceModelsService } from './device-models.service.js';
import { DeviceSecretService } from './device-secret.service.js';
import { checkHardwareProof, readHardwareProof } from './hardware-proof.js';
import { SerialIssuerService, tooMany } from './serial-issuer.service.js';
import {
  proveSerialRequest,
  readSerialClaim,
  refuseDevice,
  type SerialClaim,
  type SerialRequest,
} from './serial-request.js';
import { SerialRequestsRepository } from './serial-requests.repository.js';
import { SerialTrustService } from './serial-trust.service.js';
import { issueNonce, NONCE_LIFE_MS, nonceExpiry } from './session-nonce.js';

/** How long a waiting device may repeat its request, counted from the last time. A device asks each minute. */
export const KEPT_REQUEST_MS = 7 * 24 * 60 * 60 * 1_000;

/** The API key and address of a device that asks for a serial. */
export interface RegistrationAsker {
  /** The header `api-key`. */
  readonly apiKey: string | undefined;
  readonly address: string;
}

/** Gives serials to devices that have none, or that are remodelled. */
@Injectable()
export class DeviceRegistrationService {
  constructor(
    private readonly secret: DeviceSecretService,
    private readonly models: DeviceModelsService,
    private readonly requests: SerialRequestsRepository,
    private readonly trust: SerialTrustService,
    private readonly issuer: SerialIssuerService,
    private readonly assertions: AssertionsService,
    private readonly chains: AssertionChainsService,
    private readonly limits: DeviceLimitsService,
  ) {}

  async issueRequestId(now = Date.now()): Promise<string> {
    return issueNonce(await this.secret.get(), now, 'serial-request-id');
  }

  /**
   * Registers a device.
   *
   * @param body - the stream of assertions that snapd sends
   * @returns its serial; undefined if its model has no serial policy yet and the device must ask again
   * @throws StoreError `invalid-request`, `invalid-assertion`, `unsupported`, `too-large`, `forbidden`, `not-found`,
   *   `not-configured`, `conflict`, `too-many-requests` or `overloaded`; snapd shows the message
   */
  async register(body: unknown, asker: RegistrationAsker, now = Date.now()): Promise<Assertion | undefined> {
    const claim = readSerialClaim(body);
    await this.checkRequestId(claim, now);
    const model = await this.admit(claim, asker);
    return await this.limits.prove(
      asker.address,
      async () => await this.registerClaim(claim, model, asker.address, now),
    );
  }

  /** A serial and its prerequisites up to a trusted root, for devices that accept a stream. */
  async withChain(serial: Assertion): Promise<Buffer> {
    return encodeStream(await this.chains.chainOf(serial));
  }

  private async registerClaim(
    claim: SerialClaim,
    model: DeviceModel,
    address: string,
    now: number,
  ): Promise<Assertion | undefined> {
    const proven = await proveSerialRequest(claim);
    const request = { ...proven, hardwareKeyId: await this.proveHardware(claim, model) };
    await this.checkModel(request);
    await this.checkOriginal(request, model);
    const held = await this.issuer.find(request);
    if (!held) await this.admitNew(claim, model, address);
    const isToWait = !held && model.keyName === null;
    const keptMs = isToWait ? KEPT_REQUEST_MS : NONCE_LIFE_MS;
    if (!(await this.requests.use({ ...claim, deviceKeyId: request.deviceKeyId }, now + keptMs)))
      throw refuseDevice('another request has already used its request-id');
    if (held || model.keyName === null) return held;
    const policy = { keyName: model.keyName, maxSerials: maxSerialsOf(model) };
    return await this.issuer.issue(request, policy, address, new Date(now));
  }

  private async admit(
    { brandId, model }: SerialClaim,
    { apiKey, address }: RegistrationAsker,
  ): Promise<DeviceModel> {
    const known = await this.models.find(brandId, model);
    if (!known)
      throw refuseDevice(`this store registers no devices of model ${brandId}/${model}`, 'not-found');
    const wanted = known.apiKey;
    if (wanted === null) return known;
    if (apiKey === undefined)
      throw refuseDevice(`devices of model ${brandId}/${model} must send an api-key`, 'forbidden');
    // Digests have equal length, so that the time of the comparison reveals nothing.
    const isRight = () => timingSafeEqual(sha3_384(Buffer.from(apiKey)), sha3_384(Buffer.from(wanted)));
    if (!this.limits.isApiKey(known, address, isRight))
      throw refuseDevice(`its api-key is wrong for model ${brandId}/${model}`, 'forbidden');
    return known;
  }

  /** @returns the id of the hardware's key; undefined if the model requires no such proof */
  private async proveHardware(
    { brandId, model, requestId, request: { body } }: SerialClaim,
    { hardwareIssuers }: DeviceModel,
  ): Promise<string | undefined> {
    if (hardwareIssuers.length === 0) return undefined;
    const proof = readHardwareProof(body);
    const places = hardwareIssuers.map((issuer) => ({
      type: 'hardware-identity',
      key: [issuer, proof.hardwareKeyId],
    }));
    const [identity] = (await this.assertions.findAll(places)).filter((one) => one !== undefined);
    if (!identity)
      throw refuseDevice(
        `the store holds no hardware-identity of ${proof.hardwareKeyId} that is accepted for ${brandId}/${model}`,
        'forbidden',
      );
    checkHardwareProof(identity, requestId, proof);
    return proof.hardwareKeyId;
  }

  /** Counts a new request. A repeated request was counted the first time. */
  private async admitNew(claim: SerialClaim, model: DeviceModel, address: string): Promise<void> {
    const { brandId, model: name, requestId, digest } = claim;
    if (await this.requests.isKnown(requestId, digest)) return;
    this.limits.takeSerial(claim, address);
    const isFull = (await this.requests.count(brandId, name)) >= maxSerialsOf(model);
    if (isFull && model.keyName === null) throw tooMany(claim, maxSerialsOf(model));
  }

  /** A model assertion from the device must be the store's own, or another revision that the brand signed. */
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
    const before = await this.models.find(original.brandId, original.model);
    // Otherwise a device could register with the weaker proof and then get the model of the stronger one.
    if (model.hardwareIssuers.length > 0 !== (before?.hardwareIssuers ?? []).length > 0)
      throw refuseDevice(
        `devices of model ${from} use a different kind of proof than devices of ${model.brandId}/${model.model}`,
        'forbidden',
      );
    const old = await this.assertions.find('model', [SERIES, original.brandId, original.model]);
    if (!old) throw refuseDevice(`the store holds no model ${from}`, 'not-configured');
    if ((await this.trust.judge(original.assertion, old)) === 'unknown')
      throw refuseDevice(`the store does not know the key that signs its old serial`, 'forbidden');
  }

  /** A cheap check before any expensive one: the request-id must come from this store. */
  private async checkRequestId({ requestId, digest }: SerialClaim, now: number): Promise<void> {
    const secret = await this.secret.get();
    if (nonceExpiry(secret, requestId, now, 'serial-request-id') !== undefined) return;
    if (!(await this.requests.isKnown(requestId, digest)))
      throw refuseDevice('its request-id is not from this store or has expired');
  }
}

function maxSerialsOf({ maxSerials }: DeviceModel): number {
  return maxSerials ?? DEFAULT_MAX_SERIALS;
}
