/** A file that the caller named. */
export interface CallerFile {
  /** Undefined if there is no such file. */
  readonly content: Buffer | undefined;
}

/** The terminal, and the files, of a caller on another machine for whom this process runs a command. */
export interface CallerTerminal {
  readonly isOutputTerminal: boolean;
  readonly isInputTerminal: boolean;
  /** Asks a question there. @returns undefined if the input has ended */
  ask(prompt: string, isHidden: boolean): Promise<string | undefined>;
  /** @returns undefined for a file that did not come along */
  file(name: string): CallerFile | undefined;
  /** Paths of this machine, and what the caller calls them. */
  readonly names: ReadonlyMap<string, string>;
}

let caller: CallerTerminal | undefined;

/** Says that this process runs a command for somebody on another machine: before the command begins. */
export function setCallerTerminal(terminal: CallerTerminal | undefined): void {
  caller = terminal;
}

/** @returns undefined where a command runs at the machine */
export function callerTerminal(): CallerTerminal | undefined {
  return caller;
}

/** A text with files named as the caller did. */
export function asCallerNames(text: string): string {
  let named = text;
  for (const [path, name] of caller?.names ?? []) named = named.replaceAll(path, () => name);
  return named;
}
