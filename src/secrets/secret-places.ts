import type { SecretPlace } from './secrets-key.js';

/**
 * The settings that the database stores wrapped: every shared setting that is secret, and URLs that may contain
 * a password.
 */
const WRAPPED_SETTINGS: ReadonlySet<string> = new Set([
  'internal.airgap.gateway-hash',
  'internal.management.secret',
  'internal.registration.sealed-key',
  'proxy.bundle.key.private',
  'proxy.cohort.secret',
  'proxy.device-auth.secret',
  'proxy.hsm.token-pin',
  'proxy.https.proxy',
  'proxy.key.private',
  'proxy.oidc.client-secret',
  'proxy.tls.key',
]);

/** Whether a setting is wrapped in the database. */
export function isWrappedSetting(key: string): boolean {
  return WRAPPED_SETTINGS.has(key);
}

/** The value of a setting. */
export function settingPlace(key: string): SecretPlace {
  return { table: 'setting', row: [key], name: key };
}

/** The private key of a key pair that signs serials. */
export function signingKeyPlace(name: string): SecretPlace {
  return { table: 'signing_key', row: [name], name: `the private key of signing key ${name}` };
}

/** The API key that devices of a model send. */
export function apiKeyPlace(brandId: string, model: string): SecretPlace {
  return { table: 'device_model', row: [brandId, model], name: `the API key of model ${brandId}/${model}` };
}

/** The hash of an operator's password. */
export function operatorPasswordPlace(operator: string): SecretPlace {
  return { table: 'operator', row: [operator], name: `the password of operator ${operator}` };
}

/** The secret of an operator's one-time codes: not to be taken for the password's hash in the same row. */
export function operatorTotpPlace(operator: string): SecretPlace {
  return { table: 'operator.totp', row: [operator], name: `the second factor of operator ${operator}` };
}

/** A column of secrets: how to read and write it when all secrets are wrapped again. */
export interface SecretColumn {
  readonly table: string;
  /** Returns the rows as `row` (the primary key, text[]) and `value` (text). */
  readonly select: string;
  /** Parameters: the value, then the primary key. */
  readonly update: string;
  readonly place: (row: readonly string[]) => SecretPlace;
}

/** Every column of the database that contains secrets. */
export const SECRET_COLUMNS: readonly SecretColumn[] = [
  {
    table: 'setting',
    select: `select array[key] as row, value #>> '{}' as value from setting
      where key in (${[...WRAPPED_SETTINGS].map((key) => `'${key}'`).join(', ')}) order by key for update`,
    update: 'update setting set value = to_jsonb($1::text) where key = $2',
    place: ([key = '']) => settingPlace(key),
  },
  {
    table: 'signing_key',
    select: `select array[name] as row, private_key as value from signing_key
      where private_key is not null order by name for update`,
    update: 'update signing_key set private_key = $1 where name = $2',
    place: ([name = '']) => signingKeyPlace(name),
  },
  {
    table: 'device_model',
    select: `select array[brand_id, model] as row, api_key as value from device_model
      where api_key is not null order by brand_id, model for update`,
    update: 'update device_model set api_key = $1 where brand_id = $2 and model = $3',
    place: ([brandId = '', model = '']) => apiKeyPlace(brandId, model),
  },
  {
    table: 'operator',
    select: `select array[name] as row, password_hash as value from operator
      where password_hash is not null order by name for update`,
    update: 'update operator set password_hash = $1 where name = $2',
    place: ([name = '']) => operatorPasswordPlace(name),
  },
  {
    table: 'operator',
    select: `select array[name] as row, totp_secret as value from operator
      where totp_secret is not null order by name for update`,
    update: 'update operator set totp_secret = $1 where name = $2',
    place: ([name = '']) => operatorTotpPlace(name),
  },
];
