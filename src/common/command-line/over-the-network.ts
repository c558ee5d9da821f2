import 'reflect-metadata';
import type { Role, Scope } from '../domain/role.js';
import { StoreError } from '../errors.js';

/** Values of the options of a command, by their names in camel case. */
export type OptionValues = Readonly<Record<string, unknown>>;

/** Looks at the arguments and options of a command, as they were given. */
export type LooksAt = (words: readonly string[], options: OptionValues) => boolean;

/** What a caller from another machine needs. */
export interface CommandAccess {
  /** The least role. */
  readonly role: Role;
  /** Of a token. */
  readonly scope: Scope;
}

/** How a command runs for a caller on another machine. */
export interface NetworkUse extends CommandAccess {
  /** What it needs instead where it does more, such as `config` with a new value. */
  readonly other?: CommandAccess & { readonly when: LooksAt };
  /** Its arguments (`<files>`) and options (`--from-file`) that are files or folders: the caller sends their contents. */
  readonly files?: readonly string[];
  /** Whether these files may be of any size: long ones are uploaded first, with the files that belong to them. */
  readonly uploads?: boolean;
  /** When it reads all of the standard input, besides where `-` stands for it. */
  readonly readsInput?: LooksAt;
}

/** Why a command is for the machine alone. */
export interface MachineUse {
  readonly why: string;
  /** It needs no store, so it runs where it is typed. */
  readonly isForAnywhere: boolean;
}

const USE = Symbol('network use');

/**
 * Lets a command run for a caller on another machine (`--url`). Server and client read it here: neither lists commands
 * by itself.
 */
export function OverTheNetwork(use: NetworkUse): ClassDecorator {
  return (target) => Reflect.defineMetadata(USE, use, target);
}

/** Keeps a command to the machine of the store. @param why - as the refusal says it: "it ..." */
export function AtTheMachine(why: string): ClassDecorator {
  const use: MachineUse = { why, isForAnywhere: false };
  return (target) => Reflect.defineMetadata(USE, use, target);
}

/** Lets a command that needs no store run where it is typed, even with `--url`. */
export function Anywhere(why: string): ClassDecorator {
  const use: MachineUse = { why, isForAnywhere: true };
  return (target) => Reflect.defineMetadata(USE, use, target);
}

/** The refusal of a command that is for the machine alone. */
export function whyAtTheMachine(command: string, { why }: MachineUse): StoreError {
  return new StoreError(
    'unsupported',
    `cannot run ${command} over the network: ${why}; run it on the machine of the store`,
  );
}

/** @returns undefined for a command that says neither */
export function commandUseOf(command: object): NetworkUse | MachineUse | undefined {
  return Reflect.getOwnMetadata(USE, command) as NetworkUse | MachineUse | undefined;
}

/** What a caller needs to run a command with these words. */
export function accessFor(
  { other, ...usual }: NetworkUse,
  words: readonly string[],
  options: OptionValues,
): CommandAccess {
  return other?.when(words, options) ? other : usual;
}
