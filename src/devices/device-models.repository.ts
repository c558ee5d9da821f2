import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import { apiKeyPlace } from '../secrets/secret-places.js';
import { SecretsService } from '../secrets/secrets.service.js';

/** A model whose devices this store registers. */
export interface DeviceModel {
  readonly brandId: string;
  readonly model: string;
  /** Null if devices need none. */
  readonly apiKey: string | null;
  /** As `BRAND/MODEL`: the models whose devices may become this one. */
  readonly remodelFrom: readonly string[];
  /** Maximum number of serials; null if the operator did not set it. */
  readonly maxSerials: number | null;
  /** The accounts whose hardware-identity assertions devices must prove; empty if no proof is required. */
  readonly hardwareIssuers: readonly string[];
  /** The key of the newest serial policy; null if there is none. */
  readonly keyName: string | null;
}

/** The key that signs the serials of a model. */
export interface SerialPolicy {
  readonly brandId: string;
  readonly model: string;
  readonly policyRevision: number;
  readonly keyName: string;
}

const COLUMNS = `brand_id as "brandId", model, api_key as "apiKey", remodel_from as "remodelFrom", max_serials as "maxSerials",
  hardware_issuers as "hardwareIssuers",
  (select key_name from serial_policy
   where (serial_policy.brand_id, serial_policy.model) = (device_model.brand_id, device_model.model)
   order by policy_revision desc limit 1) as "keyName"`;

const ONE = `select ${COLUMNS} from device_model where brand_id = $1 and model = $2`;

/** The tables of models and serial policies. */
@Injectable()
export class DeviceModelsRepository {
  constructor(
    private readonly database: DatabaseService,
    private readonly secrets: SecretsService,
  ) {}

  /** @returns whether it was added; always true with `replace` */
  async put(
    tx: EntityManager,
    { brandId, model, apiKey, remodelFrom, maxSerials, hardwareIssuers }: Omit<DeviceModel, 'keyName'>,
    replace: boolean,
  ): Promise<boolean> {
    const wrap = await this.secrets.wrappingWithin(tx);
    const put = await tx.query<unknown[]>(
      `insert into device_model (brand_id, model, api_key, remodel_from, max_serials, hardware_issuers)
       values ($1, $2, $3, $4, $6, $7)
       on conflict (brand_id, model) do update set api_key = excluded.api_key, remodel_from = excluded.remodel_from,
         max_serials = excluded.max_serials, hardware_issuers = excluded.hardware_issuers
         where $5
       returning model`,
      [
        brandId,
        model,
        apiKey === null ? null : wrap(apiKeyPlace(brandId, model), apiKey),
        remodelFrom,
        replace,
        maxSerials,
        hardwareIssuers,
      ],
    );
    return put.length === 1;
  }

  async find(brandId: string, model: string): Promise<DeviceModel | undefined> {
    await this.secrets.ready();
    const [row] = await this.database.query<DeviceModel>(ONE, [brandId, model]);
    return row && this.opened(row);
  }

  /** As {@link find}; nobody else changes it until the transaction ends. */
  async lock(tx: EntityManager, brandId: string, model: string): Promise<DeviceModel | undefined> {
    await this.secrets.ready();
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`model ${brandId}/${model}`]);
    const [row] = await tx.query<DeviceModel[]>(ONE, [brandId, model]);
    return row && this.opened(row);
  }

  /** Every model, by brand and name. */
  async findAll(): Promise<DeviceModel[]> {
    await this.secrets.ready();
    const rows = await this.database.query<DeviceModel>(
      `select ${COLUMNS} from device_model order by brand_id, model`,
    );
    return rows.map((row) => this.opened(row));
  }

  /** Adds a policy, which applies from now on. The model's row is locked, so that revisions are consecutive. */
  async addPolicy(tx: EntityManager, brandId: string, model: string, keyName: string): Promise<SerialPolicy> {
    await tx.query('select from device_model where brand_id = $1 and model = $2 for update', [
      brandId,
      model,
    ]);
    const policyRevision = await nextRevision(tx, brandId, model);
    await tx.query(
      `insert into serial_policy (brand_id, model, policy_revision, key_name) values ($1, $2, $3, $4)`,
      [brandId, model, policyRevision, keyName],
    );
    return { brandId, model, policyRevision, keyName };
  }

  /** Every policy; the newest of a model is last. */
  async findPolicies(): Promise<SerialPolicy[]> {
    return await this.database.query<SerialPolicy>(
      `select brand_id as "brandId", model, policy_revision as "policyRevision", key_name as "keyName"
       from serial_policy order by brand_id, model, policy_revision`,
    );
  }

  private opened(row: DeviceModel): DeviceModel {
    const { brandId, model, apiKey } = row;
    return apiKey === null ? row : { ...row, apiKey: this.secrets.open(apiKeyPlace(brandId, model), apiKey) };
  }
}

async function nextRevision(tx: EntityManager, brandId: string, model: string): Promise<number> {
  const [row] = await tx.query<{ next: number }[]>(
    `select coalesce(max(policy_revision), 0) + 1 as next from serial_policy where brand_id = $1 and model = $2`,
    [brandId, model],
  );
  return row?.next ?? 1;
}
