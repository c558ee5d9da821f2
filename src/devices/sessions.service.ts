import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Assertion } from '../assertions/format/assertion.js';
import type { DeviceSession, SerialTrust } from '../brand-stores/device-session.js';
import { StoreError } from '../common/errors.js';
import { MAX_REMEMBERED_SESSIONS_BYTES, MAX_SESSION_HEADER_LENGTH } from '../common/limits.js';
import { LruCache } from '../common/lru-cache.js';
import { Watches, type Watcher } from '../database/watcher.js';
import { SettingsService } from '../settings/settings.service.js';
import { DeviceLimitsService } from './device-limits.service.js';
import { DeviceSecretService } from './device-secret.service.js';
import { DeviceSessionNonceRepository } from './device-session-nonce.repository.js';
import { DEVICE_AUTH_SECRET, FOREIGN_SERIALS } from './device.settings.js';
import { ExpiredRowsService } from './expired-rows.service.js';
import { SerialTrustService } from './serial-trust.service.js';
import { issueNonce, nonceExpiry } from './session-nonce.js';
import { proveSession, readSessionClaim } from './session-request.js';
import { isAdmitted, mintSession, readSession, SESSION_LIFE_MS, type Device } from './session-token.js';

/** Most verified sessions that are cached. */
const REMEMBERED_SESSIONS = 8_192;

/** Memory of a cached session without its strings: an object, and a digest as its key. */
const SESSION_BYTES = 200;

/** V8 stores a string with a character outside Latin-1 as two bytes a character, and serials may be such strings. */
const CHARACTER_BYTES = 2;

function sizeOf({ brandId, model, serial, storeId = '' }: DeviceSession): number {
  return SESSION_BYTES + CHARACTER_BYTES * (brandId.length + model.length + serial.length + storeId.length);
}

/** The cache key is a digest of the header, because added caveats can make the header very long. */
function keyOf(authorization: string): string {
  return hash('sha256', authorization, 'base64');
}

/** snapcore/snapd: store/auth.go, authenticateDevice */
const AUTHORIZATION = /^Macaroon root="([^"]+)"$/;

/** A newly opened session. */
export interface OpenedSession {
  readonly token: string;
  readonly session: DeviceSession;
}

/** Nonces and sessions of devices that have a serial. */
@Injectable()
@Watches()
export class SessionsService implements Watcher {
  private readonly remembered = new LruCache<DeviceSession>(REMEMBERED_SESSIONS, {
    bytes: MAX_REMEMBERED_SESSIONS_BYTES,
    sizeOf,
  });

  constructor(
    private readonly settings: SettingsService,
    private readonly secret: DeviceSecretService,
    private readonly trust: SerialTrustService,
    private readonly nonces: DeviceSessionNonceRepository,
    private readonly limits: DeviceLimitsService,
    private readonly expired: ExpiredRowsService,
  ) {
    settings.define(FOREIGN_SERIALS);
  }

  /** For a server: caches verified sessions until the secret or the policy changes, and deletes expired rows. */
  async watch(): Promise<void> {
    this.expired.start();
    await this.settings.watch(() => this.remembered.clear());
  }

  async issueNonce(now = Date.now()): Promise<string> {
    return issueNonce(await this.secret.get(), now);
  }

  /**
   * Opens or renews a session. Both require the whole proof, so the old session is not needed.
   *
   * @param body - decoded JSON: the three assertions that snapd sends
   * @throws StoreError `invalid-request`, `invalid-assertion`, `conflict` or `too-large` if the proof is invalid;
   *   `forbidden` if `proxy.device-auth.foreign-serials` refuses the serial; `too-many-requests` or `overloaded`
   *   if there are too many requests
   */
  async open(body: unknown, address: string, now = Date.now()): Promise<OpenedSession> {
    const secret = await this.secret.get();
    const claim = readSessionClaim(body);
    const nonceExpiresAt = nonceExpiry(secret, claim.nonce, now);
    if (nonceExpiresAt === undefined) throw badNonce('it is not from this store or has expired');
    return await this.limits.prove(address, async () => {
      const { device, serial, model } = await proveSession(claim);
      const trust = await this.trust.judge(serial, model);
      await this.admit(trust, device.brandId);
      this.limits.takeSession(device, trust, address);
      if (!(await this.nonces.use(claim.nonce, claim.digest, nonceExpiresAt)))
        throw badNonce('another request has used it');
      const verified = await this.withProvenStore(device, trust, model);
      const token = mintSession(secret, verified, trust, now);
      return { token, session: { ...verified, trust, expiresAt: now + SESSION_LIFE_MS } };
    });
  }

  /** The cached session of a header that was verified before; undefined if it must be checked. */
  recall(authorization: string, now = Date.now()): DeviceSession | undefined {
    if (!this.settings.isLive || authorization.length > MAX_SESSION_HEADER_LENGTH) return undefined;
    const session = this.remembered.get(keyOf(authorization));
    return session && now < session.expiresAt ? session : undefined;
  }

  /**
   * Checks the session of a device.
   *
   * @param authorization - the value of the header, as snapd sends it
   * @returns undefined if the device must open a session: this one is from another store, has expired, or belongs to a
   *   serial that is now refused
   */
  async check(authorization: string, now = Date.now()): Promise<DeviceSession | undefined> {
    if (authorization.length > MAX_SESSION_HEADER_LENGTH) return undefined;
    const [, token] = AUTHORIZATION.exec(authorization) ?? [];
    const isLive = this.settings.isLive;
    const generation = this.remembered.generation;
    const secret = await this.settings.find(DEVICE_AUTH_SECRET);
    const policy = await this.settings.get(FOREIGN_SERIALS);
    if (token === undefined || secret === undefined) return undefined;
    const session = readSession(token, Buffer.from(secret, 'hex'), now);
    if (!session || !isAdmitted(session.trust, policy)) return undefined;
    if (isLive && generation === this.remembered.generation)
      this.remembered.set(keyOf(authorization), session);
    return session;
  }

  /** A device must not choose its store: if its brand did not sign the model, the store of the model is ignored. */
  private async withProvenStore(device: Device, trust: SerialTrust, model: Assertion): Promise<Device> {
    if (trust !== 'own' || device.storeId === undefined || (await this.trust.isIssued(model))) return device;
    const { brandId, model: name, serial } = device;
    return { brandId, model: name, serial };
  }

  private async admit(trust: DeviceSession['trust'], brandId: string): Promise<void> {
    const policy = await this.settings.get(FOREIGN_SERIALS);
    if (isAdmitted(trust, policy)) return;
    throw new StoreError(
      'forbidden',
      policy === 'refuse'
        ? `cannot open device session: this store accepts only serials that it holds itself (${FOREIGN_SERIALS.key})`
        : `cannot open device session: this store does not know the key that signs serials of ${brandId} (${FOREIGN_SERIALS.key})`,
    );
  }
}

function badNonce(why: string): StoreError {
  return new StoreError('invalid-request', `cannot open device session: its nonce is invalid: ${why}`);
}
