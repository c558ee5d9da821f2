import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { quote } from '../assertions/format/quote.js';
import { isKeyValidAt } from '../assertions/trust/key-validity.js';
import { StoreError } from '../common/errors.js';
import { TransactionsService } from '../database/transactions.service.js';
import { SigningKeysService } from '../keys/signing-keys.service.js';
import { AuditService } from '../management/audit/audit.service.js';
import type { Expectation } from '../management/operators.service.js';
import { publicModelView, serialPolicyView } from './device-model.view.js';
import { DeviceModelsRepository, type DeviceModel, type SerialPolicy } from './device-models.repository.js';

export type { DeviceModel, SerialPolicy } from './device-models.repository.js';

/** Lengths of an API key, in characters. */
export const MIN_API_KEY_LENGTH = 8;
export const MAX_API_KEY_LENGTH = 128;

/** Most models from which devices may be remodelled to one model. */
export const MAX_REMODEL_FROM = 64;

/** Most accounts that issue the hardware identities of a model's devices. */
export const MAX_HARDWARE_ISSUERS = 16;

const ALPHANUMERIC = /^[a-zA-Z0-9]+$/;

/** A model as an operator requests it. Without a brand, exactly one brand must have a model of that name. */
export interface ModelRequest {
  readonly name: string;
  readonly brandId: string | undefined;
  /** Undefined if devices need none. */
  readonly apiKey: string | undefined;
  /** Names, or `BRAND/MODEL`. */
  readonly remodelFrom: readonly string[];
  /** Undefined for the default. */
  readonly maxSerials?: number | undefined;
  /** Accounts whose hardware-identity assertions devices must prove; empty if no proof is required. */
  readonly hardwareIssuers?: readonly string[];
  readonly replace: boolean;
}

/** @throws StoreError `invalid-request` if it is not an API key */
export function checkApiKey(apiKey: string): void {
  const { length } = apiKey;
  if (length >= MIN_API_KEY_LENGTH && length <= MAX_API_KEY_LENGTH && ALPHANUMERIC.test(apiKey)) return;
  throw new StoreError(
    'invalid-request',
    `cannot use API key: give ${MIN_API_KEY_LENGTH} to ${MAX_API_KEY_LENGTH} letters and digits`,
  );
}

/** The accounts that may sign the serials of a model: snapcore/snapd, asserts/serial_asserts.go, checkConsistency. */
export function serialAuthorities(model: Assertion): string[] {
  const others = model.headers['serial-authority'];
  const [, brandId = ''] = model.primaryKey;
  return [brandId, ...(Array.isArray(others) ? others.filter((id) => typeof id === 'string') : [])];
}

/** The models whose devices are registered here, and the keys that sign their serials. */
@Injectable()
export class DeviceModelsService {
  constructor(
    private readonly repository: DeviceModelsRepository,
    private readonly assertions: AssertionsService,
    private readonly keys: SigningKeysService,
    private readonly transactions: TransactionsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Creates a model, so that its devices can register here.
   *
   * @param expect - sees the model before the change, and may refuse it
   * @throws StoreError `invalid-request` for an invalid API key, `not-found` if the store does not hold the model's
   *   assertion, `conflict` if the model exists and `replace` is false
   */
  async create(
    { name, brandId, apiKey, remodelFrom, maxSerials, hardwareIssuers = [], replace }: ModelRequest,
    expect: Expectation<DeviceModel | undefined> = () => undefined,
  ): Promise<DeviceModel> {
    if (apiKey !== undefined) checkApiKey(apiKey);
    if (remodelFrom.length > MAX_REMODEL_FROM)
      throw new StoreError(
        'too-large',
        `cannot create model ${quote(name)}: --remodel-from allows at most ${MAX_REMODEL_FROM} models`,
      );
    if (hardwareIssuers.length > MAX_HARDWARE_ISSUERS)
      throw new StoreError(
        'too-large',
        `cannot create model ${quote(name)}: --hardware-identity allows at most ${MAX_HARDWARE_ISSUERS} accounts`,
      );
    const held = await this.heldModel('create model', name, brandId);
    const [, brand = '', model = ''] = held.primaryKey;
    for (const issuer of hardwareIssuers) await this.checkIssuer(name, issuer);
    const from = remodelFrom.map((word) => (word.includes('/') ? word : `${brand}/${word}`));
    for (const word of from) await this.checkKnown(name, word);
    const row = {
      brandId: brand,
      model,
      apiKey: apiKey ?? null,
      remodelFrom: from,
      maxSerials: maxSerials ?? null,
      hardwareIssuers: [...new Set(hardwareIssuers)],
    };
    return await this.transactions.run(async (tx) => {
      const before = await this.repository.lock(tx, brand, model);
      expect(before);
      if (!(await this.repository.put(tx, row, replace)))
        throw new StoreError(
          'conflict',
          `cannot create model ${quote(name)}: it already exists (use --replace to change it)`,
        );
      const after = { ...row, keyName: before?.keyName ?? null };
      this.audit.record(tx, {
        action: before ? 'model.replace' : 'model.create',
        subject: `${brand}/${model}`,
        before: before && publicModelView(before),
        after: {
          ...publicModelView(after),
          ...(before && before.apiKey !== after.apiKey && { 'api-key': 'changed' }),
        },
      });
      return after;
    });
  }

  /** @throws StoreError `not-found` */
  async get(brandId: string, model: string): Promise<DeviceModel> {
    const found = await this.repository.find(brandId, model);
    if (found) return found;
    throw new StoreError(
      'not-found',
      `cannot show model ${quote(`${brandId}/${model}`.slice(0, 160))}: it does not exist`,
    );
  }

  async list(): Promise<DeviceModel[]> {
    return await this.repository.findAll();
  }

  async find(brandId: string, model: string): Promise<DeviceModel | undefined> {
    return await this.repository.find(brandId, model);
  }

  /**
   * Sets the key that signs the serials of a model from now on.
   *
   * @throws StoreError `not-found` if the model, key or account-key does not exist, `forbidden` if the key's
   *   account may not sign for the model, `invalid-assertion` if the key is not valid now
   */
  async createPolicy(
    name: string,
    keyName: string,
    brandId?: string,
    now = new Date(),
  ): Promise<SerialPolicy> {
    const held = await this.heldModel('create serial policy', name, brandId);
    const [, brand = '', model = ''] = held.primaryKey;
    const fail = (code: 'not-found' | 'forbidden' | 'invalid-assertion', why: string) =>
      new StoreError(code, `cannot create serial policy: ${why}`);
    if (!(await this.repository.find(brand, model)))
      throw fail(
        'not-found',
        `model ${brand}/${model} does not exist: create it with \`create model ${model}\``,
      );
    const key = await this.keys.find(keyName);
    if (!key)
      throw fail('not-found', `key ${quote(keyName)} does not exist: \`list keys\` shows the existing keys`);
    const accountKey = await this.assertions.find('account-key', [key.id]);
    if (!accountKey || key.accountId === undefined)
      throw fail(
        'not-found',
        `the store does not hold the account-key of ${keyName}, ${key.id}: have it signed and import it with \`ack\``,
      );
    if (!serialAuthorities(held).includes(key.accountId))
      throw fail(
        'forbidden',
        `${keyName} is a key of ${key.accountId}, which may not sign for ${brand}/${model}`,
      );
    if (!isKeyValidAt(accountKey, now)) throw fail('invalid-assertion', `${keyName} is not valid now`);
    return await this.transactions.run(async (tx) => {
      const before = await this.repository.lock(tx, brand, model);
      const policy = await this.repository.addPolicy(tx, brand, model, keyName);
      this.audit.record(tx, {
        action: 'serial-policy.create',
        subject: `${brand}/${model}`,
        before: before && { 'signing-key': before.keyName },
        after: serialPolicyView(policy),
      });
      return policy;
    });
  }

  async listPolicies(): Promise<SerialPolicy[]> {
    return await this.repository.findPolicies();
  }

  private async heldModel(doing: string, name: string, brandId: string | undefined): Promise<Assertion> {
    const models = (await this.assertions.findAllOfType('model')).filter(
      ({ primaryKey: [, brand, model] }) => model === name && (brandId === undefined || brand === brandId),
    );
    const [held, another] = models;
    if (!held)
      throw new StoreError(
        'not-found',
        `cannot ${doing}: the store holds no model ${quote(brandId === undefined ? name : `${brandId}/${name}`)}: import its assertion with \`ack\``,
      );
    if (another)
      throw new StoreError(
        'conflict',
        `cannot ${doing}: several brands have a model ${quote(name)}: give --brand`,
      );
    return held;
  }

  private async checkIssuer(name: string, issuer: string): Promise<void> {
    if (await this.assertions.find('account', [issuer])) return;
    throw new StoreError(
      'not-found',
      `cannot create model ${quote(name)}: the store holds no account ${quote(issuer)} to issue hardware identities: import it with \`ack\``,
    );
  }

  private async checkKnown(name: string, word: string): Promise<void> {
    const [brand = '', model = '', ...more] = word.split('/');
    if (more.length === 0 && (await this.repository.find(brand, model))) return;
    throw new StoreError(
      'not-found',
      `cannot create model ${quote(name)}: model ${quote(word)} of --remodel-from does not exist`,
    );
  }
}
