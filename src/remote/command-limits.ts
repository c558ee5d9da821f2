/** Commands of callers on other machines that run at the same time. Each is a process. */
export const MAX_RUNNING_COMMANDS = 2;

/** Commands that wait for their turn. */
export const MAX_WAITING_COMMANDS = 8;

/** How long one waits, in milliseconds. */
export const COMMAND_TURN_MS = 60_000;

/** After how many seconds a caller may ask again. */
export const COMMAND_RETRY_SECONDS = 10;

/** Most words of a command. */
export const MAX_COMMAND_WORDS = 1_000;

/** Longest command, in bytes of all its words. */
export const MAX_COMMAND_BYTES = 128 << 10;

/** Most files that a command brings along, those in folders included. */
export const MAX_COMMAND_FILES = 1_000;

/** Longest input of a command, in bytes: its files and its standard input together. */
export const MAX_COMMAND_INPUT_BYTES = 4 << 20;

/** Longest output of a command, in bytes. */
export const MAX_COMMAND_OUTPUT_BYTES = 256 << 20;

/** Characters of the output in one line of the answer. */
export const COMMAND_PIECE_CHARACTERS = 16 << 10;

/** Output that waits for a caller who does not read, in bytes. */
export const COMMAND_HELD_BYTES = 64 << 10;

/** Something is sent at least this often, in milliseconds: proxies end a connection on which nothing comes. */
export const COMMAND_HEARTBEAT_MS = 15_000;

/** How long a command whose caller has gone may take to end, in milliseconds. */
export const COMMAND_END_MS = 10_000;
