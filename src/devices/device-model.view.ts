import { DEFAULT_MAX_SERIALS } from '../common/limits.js';
import type { DeviceModel, SerialPolicy } from './device-models.repository.js';

/** The JSON of a model, as `--json` prints it. */
export function deviceModelView({
  brandId,
  model,
  apiKey,
  remodelFrom,
  maxSerials,
  hardwareIssuers,
  keyName,
}: DeviceModel): object {
  return {
    'brand-id': brandId,
    name: model,
    'api-key': apiKey,
    'remodel-from': remodelFrom,
    'max-serials': maxSerials ?? DEFAULT_MAX_SERIALS,
    'hardware-issuers': hardwareIssuers,
    'signing-key': keyName,
  };
}

/** A model as JSON without its API key: for the network and the audit trail. */
export interface PublicModelView {
  readonly 'brand-id': string;
  readonly name: string;
  readonly 'has-api-key': boolean;
  readonly 'remodel-from': readonly string[];
  readonly 'max-serials': number;
  readonly 'hardware-issuers': readonly string[];
  readonly 'signing-key': string | null;
}

export function publicModelView(model: DeviceModel): PublicModelView {
  return {
    'brand-id': model.brandId,
    name: model.model,
    'has-api-key': model.apiKey !== null,
    'remodel-from': model.remodelFrom,
    'max-serials': model.maxSerials ?? DEFAULT_MAX_SERIALS,
    'hardware-issuers': model.hardwareIssuers,
    'signing-key': model.keyName,
  };
}

/** Says in one word what devices of a model must send to be registered. */
export function proofWord({ apiKey, hardwareIssuers }: DeviceModel): string {
  return hardwareIssuers.length > 0 ? 'hardware identity' : (apiKey ?? '-');
}

/** A serial policy as JSON. */
export interface SerialPolicyView {
  readonly 'brand-id': string;
  readonly model: string;
  readonly revision: number;
  readonly 'signing-key': string;
}

/** The JSON of a serial policy, as `--json` prints it. */
export function serialPolicyView({
  brandId,
  model,
  policyRevision,
  keyName,
}: SerialPolicy): SerialPolicyView {
  return { 'brand-id': brandId, model, revision: policyRevision, 'signing-key': keyName };
}
