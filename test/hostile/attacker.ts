// A separate process that attacks a store and ends by itself. It has a lower priority than the store: on a
// network an attacker has its own processor, but here it shares two with the store.
import { setPriority } from 'node:os';
import { ATTACKS } from './attacks.js';
import { Flood } from './flood.js';
import type { Target } from './target.js';

const NICE = 10;

/** The messages of the parent process: first the attack and its target, then `go`. */
export interface Order {
  readonly attack: string;
  readonly target: Target;
  readonly seconds: number;
}

let flood: Flood | undefined;
let seconds = 0;

process.on('message', (message: Order | 'go') => {
  if (message === 'go') {
    void flood?.run(seconds).then((tally) => {
      process.send?.(tally);
      process.disconnect();
    });
    return;
  }
  setPriority(NICE);
  const attack = ATTACKS.find(({ name }) => name === message.attack);
  if (!attack) throw new Error(`unknown attack ${message.attack}`);
  seconds = message.seconds;
  flood = new Flood(attack, message.target);
  process.send?.('ready');
});
process.on('disconnect', () => process.exit());
