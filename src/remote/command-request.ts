import { MAX_COMMAND_INPUT_BYTES } from './command-limits.js';

/** What is in a file: it comes along, or was uploaded before. */
export interface SentContent {
  /** In Base64. */
  readonly content?: string | undefined;
  /** The id of an upload of the caller. */
  readonly upload?: string | undefined;
}

/** A file or folder that a command names. Without content, upload and entries there is no such file. */
export interface SentFile extends SentContent {
  /** As the command names it. */
  readonly name: string;
  /** Of a folder: the files in it and below. */
  readonly entries?: readonly SentEntry[] | undefined;
  /** Files of the same folder that belong to it, such as the assertions of a snap. */
  readonly beside?: readonly SentEntry[] | undefined;
}

/** A file in a folder. */
export interface SentEntry extends SentContent {
  /** Below the folder, with `/`. */
  readonly path: string;
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

/** Everything with a content that a command brings along. */
export function contentsOf({ files = [] }: CommandRequest): SentContent[] {
  return files.flatMap((file) => [file, ...(file.entries ?? []), ...(file.beside ?? [])]);
}

/** The size of everything that a command brings along, in bytes. */
export function inputBytes(request: CommandRequest): number {
  const contents = contentsOf(request).map(({ content = '' }) => content);
  return [request.input ?? '', ...contents].reduce((sum, text) => sum + Buffer.byteLength(text, 'base64'), 0);
}

/** Why a command cannot bring that much along. */
export const INPUT_TOO_LONG = `over the network its files and its standard input are limited to ${MAX_COMMAND_INPUT_BYTES} bytes together`;
