import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MAX_SERIALS_OF_HARDWARE } from '../common/limits.js';
import { DatabaseService } from '../database/database.service.js';

/** A serial that was issued here, and the key of the device that has it. */
export interface IssuedSerial {
  readonly brandId: string;
  readonly model: string;
  readonly serial: string;
  readonly deviceKeyId: string;
  /** Of the hardware that the device has proven; undefined where it need not. */
  readonly hardwareKeyId?: string | undefined;
}

/** The table of the serials that were issued here. */
@Injectable()
export class IssuedSerialsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** The serial that a device key has as a device of this model. */
  async findByKey(brandId: string, model: string, deviceKeyId: string): Promise<string | undefined> {
    const [row] = await this.database.query<{ serial: string }>(
      'select serial from issued_serial where brand_id = $1 and model = $2 and device_key_id = $3',
      [brandId, model, deviceKeyId],
    );
    return row?.serial;
  }

  /**
   * Takes a serial for a device key, and notes that the device was here. Of two at once of a model the
   * second one waits for the end of the first one's transaction.
   *
   * @param maxSerials - of the model
   * @returns `taken` where the serial is another key's, or the key has another one; `too-many` where the model
   *   has all it may, `too-many-of-hardware` where the hardware has: the transaction must end without this one
   */
  async take(
    tx: EntityManager,
    { brandId, model, serial, deviceKeyId, hardwareKeyId }: IssuedSerial,
    maxSerials: number,
    now: Date,
  ): Promise<'done' | 'taken' | 'too-many' | 'too-many-of-hardware'> {
    await tx.query('select from device_model where brand_id = $1 and model = $2 for no key update', [
      brandId,
      model,
    ]);
    const taken = await tx.query<unknown[]>(
      `insert into issued_serial (brand_id, model, serial, device_key_id, issued_at, hardware_key_id)
       values ($1, $2, $3, $4, $5, $6)
       on conflict do nothing returning serial`,
      [brandId, model, serial, deviceKeyId, now, hardwareKeyId ?? null],
    );
    if (taken.length === 0) return 'taken';
    const [row] = await tx.query<{ count: number; ofHardware: number }[]>(
      `select count(*)::int, (count(*) filter (where hardware_key_id = $3))::int as "ofHardware"
       from issued_serial where brand_id = $1 and model = $2`,
      [brandId, model, hardwareKeyId ?? null],
    );
    if (row && row.count > maxSerials) return 'too-many';
    if (row && row.ofHardware > MAX_SERIALS_OF_HARDWARE) return 'too-many-of-hardware';
    await tx.query(
      `insert into device (brand_id, model, serial, serial_trust, first_seen_at, last_seen_at)
       values ($1, $2, $3, 'own', $4, $4)
       on conflict (brand_id, model, serial) do update set serial_trust = 'own', last_seen_at = excluded.last_seen_at`,
      [brandId, model, serial, now],
    );
    return 'done';
  }
}
