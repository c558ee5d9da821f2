import { Injectable } from '@nestjs/common';
import { StoreError } from '../../common/errors.js';
import {
  MAX_IDEMPOTENCY_KEY_LENGTH,
  MAX_IDEMPOTENCY_KEYS,
  MAX_KEPT_ANSWER_BYTES,
} from '../../common/limits.js';
import { TransactionsService } from '../../database/transactions.service.js';
import { ManagementSecretService } from '../management-secret.service.js';
import { IdempotencyKeysRepository } from './idempotency-keys.repository.js';

const KEY = /^[\x21-\x7e]+$/;

/** A request with a key. */
export interface KeyedRequest {
  /** Whose key it is: two operators may use the same one. */
  readonly principal: string;
  readonly key: string;
  /** Everything that makes it another request. */
  readonly content: string;
}

/** Makes sure that a request that is sent again with its key is not done again. */
@Injectable()
export class IdempotencyKeysService {
  constructor(
    private readonly repository: IdempotencyKeysRepository,
    private readonly transactions: TransactionsService,
    private readonly secret: ManagementSecretService,
  ) {}

  /**
   * Notes that a request begins.
   *
   * @returns what was answered to it before; undefined where it is new
   * @throws StoreError `invalid-request` on a bad key, `conflict` where the key is of another request, of one that is
   *   not over, or of one whose answer is not kept; `too-many-requests` beyond {@link MAX_IDEMPOTENCY_KEYS}
   */
  async begin({ principal, key, content }: KeyedRequest): Promise<string | undefined> {
    if (key.length > MAX_IDEMPOTENCY_KEY_LENGTH || !KEY.test(key))
      throw new StoreError(
        'invalid-request',
        `cannot use that Idempotency-Key: give up to ${MAX_IDEMPOTENCY_KEY_LENGTH} visible ASCII characters`,
      );
    // The content may have a password in it, which a plain hash would let whoever has the database guess.
    const hash = await this.secret.hmac('idempotency', content);
    return await this.transactions.run(async (tx) => {
      await this.repository.deleteExpired(tx);
      const known = await this.repository.find(tx, principal, key);
      if (known) return answerOf(known, hash);
      if ((await this.repository.count(tx, principal)) >= MAX_IDEMPOTENCY_KEYS)
        throw new StoreError(
          'too-many-requests',
          `cannot remember more than ${MAX_IDEMPOTENCY_KEYS} idempotency keys of ${principal}: they are kept for a day`,
          { retryAfterSeconds: 3_600 },
        );
      if (await this.repository.add(tx, principal, key, hash)) return undefined;
      throw unfinished();
    });
  }

  /** @param answer - undefined where it must not be kept */
  async finish({ principal, key }: KeyedRequest, answer: string | undefined): Promise<void> {
    const isKept = answer !== undefined && Buffer.byteLength(answer) <= MAX_KEPT_ANSWER_BYTES;
    await this.repository.finish(principal, key, isKept ? answer : null);
  }

  /** Of a request that was refused: it changed nothing, and may come again. */
  async forget({ principal, key }: KeyedRequest): Promise<void> {
    await this.repository.delete(principal, key);
  }
}

function answerOf(
  known: { requestHash: Buffer; isDone: boolean; answer: string | null },
  hash: Buffer,
): string {
  if (!known.requestHash.equals(hash))
    throw new StoreError('conflict', 'cannot use that Idempotency-Key: it was used for another request');
  if (!known.isDone) throw unfinished();
  if (known.answer !== null) return known.answer;
  throw new StoreError(
    'conflict',
    'cannot answer that again: it was done, and its answer, which had a secret or was long, is not kept',
  );
}

function unfinished(): StoreError {
  return new StoreError(
    'conflict',
    'cannot say what became of the request with that Idempotency-Key: it is not over, or was cut off; look at what it should have changed',
  );
}
