import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MAX_SERIALS_OF_HARDWARE } from '../common/limits.js';
import { DatabaseService } from '../database/database.service.js';

/** A serial that was issued here, and the key of its device. */
export interface IssuedSerial {
  readonly brandId: string;
  readonly model: string;
  readonly serial: string;
  readonly deviceKeyId: string;
  /** The key of the proven hardware; undefined if no proof was required. */
  readonly hardwareKeyId?: string | undefined;
}

/** The table of the serials that were issued here. */
@Injectable()
export class IssuedSerialsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** The serial of a device key for this model. */
  async findByKey(brandId: string, model: string, deviceKeyId: string): Promise<string | undefined> {
    const [row] = await this.database.query<{ serial: string }>(
      'select serial from issued_serial where brand_id = $1 and model = $2 and device_key_id = $3',
      [brandId, model, deviceKeyId],
    );
    return row?.serial;
  }

  /**
   * Assigns a serial to a device key and records the visit of the device. If two requests for a model come at once,
   * the second waits until the transaction of the first ends.
   *
   * @param maxSerials - the limit of the model
   * @returns `taken` if the serial belongs to another key, or if the key has another serial; `too-many` if the
   *   model has reached its limit, `too-many-of-hardware` if the hardware has: the transaction must then be rolled
   *   back
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
