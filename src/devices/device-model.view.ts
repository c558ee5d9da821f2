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

/** Says in one word what devices of a model must send to be registered. */
export function proofWord({ apiKey, hardwareIssuers }: DeviceModel): string {
  return hardwareIssuers.length > 0 ? 'hardware identity' : (apiKey ?? '-');
}

/** The JSON of a serial policy, as `--json` prints it. */
export function serialPolicyView({ brandId, model, policyRevision, keyName }: SerialPolicy): object {
  return { 'brand-id': brandId, model, revision: policyRevision, 'signing-key': keyName };
}
