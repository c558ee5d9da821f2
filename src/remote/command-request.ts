import { MAX_COMMAND_INPUT_BYTES } from './command-limits.js';

/** A file or folder that a command names, with what is in it. */
export interface SentFile {
  /** As the command names it. */
  readonly name: string;
  /** In Base64. Without content and entries there is no such file. */
  readonly content?: string | undefined;
  /** Of a folder: the files in it and below. */
  readonly entries?: readonly SentEntry[] | undefined;
}

/** A file in a folder. */
export interface SentEntry {
  /** Below the folder, with `/`. */
  readonly path: string;
  /** In Base64. */
  readonly content: string;
}

/** Whether there is somebody to look at the output, and to ask. */
export interface SentTerminal {
  readonly output: boolean;
  readonly input: boolean;
}

/** A command of a caller on another machine. */
export interface CommandRequest {
  readonly arguments: readonly string[];
  readonly terminal?: SentTerminal | undefined;
  /** The standard input, in Base64. */
  readonly input?: string | undefined;
  readonly files?: readonly SentFile[] | undefined;
}

/** One line of the answer. */
export type AnswerLine =
  | { readonly command: string }
  | { readonly stdout: string }
  | { readonly stderr: string }
  | { readonly question: string; readonly hidden: boolean }
  | { readonly exit: number };

/** The size of everything that a command brings along, in bytes. */
export function inputBytes({ input, files = [] }: CommandRequest): number {
  const contents = files.flatMap(({ content = '', entries = [] }) => [
    content,
    ...entries.map((entry) => entry.content),
  ]);
  return [input ?? '', ...contents].reduce((sum, text) => sum + Buffer.byteLength(text, 'base64'), 0);
}

/** Why a command cannot bring that much along. */
export const INPUT_TOO_LONG = `over the network its files and its standard input are limited to ${MAX_COMMAND_INPUT_BYTES} bytes together`;
