import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../principal.js';

/** Who changes something. */
export interface Actor {
  /** `machine` is a command on the machine, `store` the server by itself. */
  readonly kind: 'operator' | 'token' | 'machine' | 'store';
  readonly name: string;
  /** From where, over the network. */
  readonly address?: string | undefined;
  readonly requestId?: string | undefined;
}

/** Commands act for the account that owns the data; who may run them is root, or that account. */
const COMMAND: Actor = { kind: 'machine', name: 'root' };
const SERVER: Actor = { kind: 'store', name: 'server' };

/** Who acts now, for whoever writes it down, without being told through every call. */
@Injectable()
export class ActorContextService {
  private readonly storage = new AsyncLocalStorage<Actor>();
  private otherwise = COMMAND;
  private caller: Principal | undefined;

  /** Who acts: the one of {@link run}, or the program itself. */
  get current(): Actor {
    return this.storage.getStore() ?? this.otherwise;
  }

  /** For whom this process runs a command; undefined at the machine, where everything may be done. */
  get principal(): Principal | undefined {
    return this.caller;
  }

  /** Says that this process runs a command for a caller on another machine. */
  actFor(actor: Actor, principal: Principal): void {
    this.otherwise = actor;
    this.caller = principal;
  }

  /** Says that this process is a server, whose own changes are nobody's command. */
  serve(): void {
    this.otherwise = SERVER;
  }

  /** Does work on behalf of somebody, and everything that it starts. */
  run<T>(actor: Actor, work: () => T): T {
    return this.storage.run(actor, work);
  }
}
