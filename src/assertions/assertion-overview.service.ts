import { Injectable } from '@nestjs/common';
import {
  AssertionsRepository,
  type AccountKeyOwner,
  type EndingAccountKey,
} from './assertions.repository.js';

/** Which assertions there are, for whoever shows them all. */
@Injectable()
export class AssertionOverviewService {
  constructor(private readonly repository: AssertionsRepository) {}

  async count(): Promise<number> {
    return await this.repository.count();
  }

  /** The ids of the stores that there are assertions of, in order. */
  async storeIds(): Promise<string[]> {
    return await this.repository.firstKeys('store');
  }

  /** The account-keys that expire, the soonest first. */
  async endingAccountKeys(limit: number): Promise<EndingAccountKey[]> {
    return await this.repository.endingAccountKeys(limit);
  }

  /** Which account-keys there are, and whose, by account and key. */
  async accountKeys(): Promise<AccountKeyOwner[]> {
    return await this.repository.accountKeys();
  }
}
