import { Injectable } from '@nestjs/common';
import type { GuessLimits } from '../common/http/guess-limiter.js';
import { KNOWN_ADDRESS_LIFETIME_MS, MAX_KNOWN_ADDRESSES } from '../common/limits.js';
import { DatabaseService } from '../database/database.service.js';

/** What is guessed at, and from where. */
export type GuessKind = 'account' | 'address';

/** Wrong passwords of one account or one address. */
export interface GuessState {
  readonly kind: GuessKind;
  /** How long nothing from there is looked at, in milliseconds; 0 where there is no pause. */
  readonly pauseMs: number;
}

/** Beyond this many doublings every pause is the longest. */
const MAX_DOUBLINGS = 30;

/** Who guessed, and from where operators signed in. By the clock of the database, which all units share. */
@Injectable()
export class SignInFailuresRepository {
  constructor(private readonly database: DatabaseService) {}

  async find(account: string, address: string): Promise<GuessState[]> {
    return await this.database.query<GuessState>(
      `select kind, greatest(0, ceil(extract(epoch from paused_until - now()) * 1000))::float8 as "pauseMs"
       from sign_in_failure where (kind, subject) in (('account', $1), ('address', $2))`,
      [account, address],
    );
  }

  /** Notes a wrong one. Whoever was quiet for as long as the longest pause begins again. */
  async add(kind: GuessKind, subject: string, limits: GuessLimits): Promise<void> {
    const wrong = `case when f.paused_until < now() - $3 * interval '1 ms' then 1 else f.wrong + 1 end`;
    const pause = (count: string) => `case when ${count} <= $4 then 0
      else least($3::float8, $5 * power(2, least(${count} - $4 - 1, ${MAX_DOUBLINGS}))) end`;
    await this.database.query(
      `insert into sign_in_failure as f (kind, subject, wrong, paused_until)
       values ($1, $2, 1, now() + ${pause('1')} * interval '1 ms')
       on conflict (kind, subject) do update set wrong = ${wrong},
         paused_until = now() + ${pause(`(${wrong})`)} * interval '1 ms'`,
      [kind, subject, limits.longestPauseMs, limits.free, limits.firstPauseMs],
    );
  }

  async forget(account: string, address: string): Promise<void> {
    await this.database.query(
      `delete from sign_in_failure where (kind, subject) in (('account', $1), ('address', $2))`,
      [account, address],
    );
  }

  /** Drops what is forgiven, and of more subjects than are remembered those that were not heard of for longest. */
  async clear(kind: GuessKind, { longestPauseMs, guessers }: GuessLimits): Promise<void> {
    await this.database.query(
      `delete from sign_in_failure where kind = $1 and (paused_until < now() - $2 * interval '1 ms'
         or subject in (select subject from sign_in_failure where kind = $1 order by paused_until desc offset $3))`,
      [kind, longestPauseMs, guessers],
    );
  }

  /** Whether an operator signed in from an address lately. */
  async isKnown(operator: string, address: string): Promise<boolean> {
    const rows = await this.database.query<unknown[]>(
      `select from sign_in_address where operator = $1 and address = $2
         and last_used_at > now() - $3 * interval '1 ms'`,
      [operator, address, KNOWN_ADDRESS_LIFETIME_MS],
    );
    return rows.length > 0;
  }

  /** Notes that an operator signed in from an address. */
  async know(operator: string, address: string): Promise<void> {
    await this.database.query(
      `insert into sign_in_address (operator, address) values ($1, $2)
       on conflict (operator, address) do update set last_used_at = now()`,
      [operator, address],
    );
    await this.database.query(
      `delete from sign_in_address where operator = $1 and address in
         (select address from sign_in_address where operator = $1 order by last_used_at desc offset $2)`,
      [operator, MAX_KNOWN_ADDRESSES],
    );
  }
}
