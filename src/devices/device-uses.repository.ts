import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

type Names = readonly { readonly name: string }[];

/** What of devices and their models depends on an assertion; each is named as an operator knows it, in order. */
@Injectable()
export class DeviceUsesRepository {
  async modelsOfBrand(tx: EntityManager, brandId: string): Promise<string[]> {
    return await names(
      tx,
      `select 'model ' || brand_id || '/' || model as name from device_model where brand_id = $1`,
      [brandId],
    );
  }

  /** @param keyName - of a signing key */
  async policiesWith(tx: EntityManager, keyName: string): Promise<string[]> {
    return await names(
      tx,
      `select distinct 'serial policy of ' || brand_id || '/' || model as name from serial_policy
       where key_name = $1`,
      [keyName],
    );
  }

  async ofModel(tx: EntityManager, brandId: string, model: string): Promise<string[]> {
    const key = [brandId, model];
    return [
      ...(await names(
        tx,
        `select 'registered model ' || brand_id || '/' || model as name from device_model
         where brand_id = $1 and model = $2`,
        key,
      )),
      ...(await names(
        tx,
        `select 'issued serial ' || concat_ws('/', brand_id, model, serial) as name from issued_serial
         where brand_id = $1 and model = $2`,
        key,
      )),
    ];
  }

  async ofSerial(tx: EntityManager, key: readonly string[]): Promise<string[]> {
    return [
      ...(await names(
        tx,
        `select 'issued serial ' || concat_ws('/', brand_id, model, serial) as name from issued_serial
         where brand_id = $1 and model = $2 and serial = $3`,
        key,
      )),
      ...(await names(
        tx,
        `select 'device ' || concat_ws('/', brand_id, model, serial) as name from device
         where brand_id = $1 and model = $2 and serial = $3 and serial_trust = 'own'`,
        key,
      )),
    ];
  }
}

async function names(tx: EntityManager, sql: string, parameters: readonly string[]): Promise<string[]> {
  return (await tx.query<Names>(`${sql} order by 1`, [...parameters])).map(({ name }) => name);
}
