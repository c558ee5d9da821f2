import type { DeviceModel, SerialPolicy } from './device-models.repository.js';

/** A model as `--json` prints it. */
export function deviceModelView({ brandId, model, apiKey, remodelFrom, keyName }: DeviceModel): object {
  return {
    'brand-id': brandId,
    name: model,
    'api-key': apiKey,
    'remodel-from': remodelFrom,
    'signing-key': keyName,
  };
}

/** A serial policy as `--json` prints it. */
export function serialPolicyView({ brandId, model, policyRevision, keyName }: SerialPolicy): object {
  return { 'brand-id': brandId, model, revision: policyRevision, 'signing-key': keyName };
}
