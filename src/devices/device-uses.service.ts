import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AssertionRef } from '../assertions/format/assertion.js';
import { SigningKeysService } from '../keys/signing-keys.service.js';
import { DeviceUsesRepository } from './device-uses.repository.js';

/** Which assertions the registration of devices needs. */
@Injectable()
export class DeviceUsesService {
  constructor(
    private readonly repository: DeviceUsesRepository,
    private readonly keys: SigningKeysService,
  ) {}

  /** Names what depends on an assertion, as an operator knows it. */
  async find(tx: EntityManager, { type, primaryKey }: AssertionRef): Promise<string[]> {
    const [first = '', second = '', third = ''] = primaryKey;
    switch (type) {
      case 'account':
        return await this.repository.modelsOfBrand(tx, first);
      case 'account-key': {
        const name = await this.keys.findName(first);
        return name === undefined ? [] : await this.repository.policiesWith(tx, name);
      }
      case 'model':
        return await this.repository.ofModel(tx, second, third);
      case 'serial':
        return await this.repository.ofSerial(tx, primaryKey);
      default:
        return [];
    }
  }
}
