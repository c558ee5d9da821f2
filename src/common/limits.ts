import type { FairQueueLimits } from './fair-queue.js';
import type { GuessLimits } from './guess-limiter.js';

/**
 * What one request, one address and all of them together may cost the store. Every limit that somebody
 * who has not signed in can reach stands here, with its unit, and is tested on both sides. A section for
 * each area; a limit beside the code alone is one that no stranger reaches.
 */

// --- Connections and bodies -----------------------------------------------------------------------------

/** A refresh of a device with thousands of snaps, and groups of assertions for each, stays below this. */
export const MAX_REFRESH_BODY_BYTES = 8 << 20;

// --- What a request may ask -----------------------------------------------------------------------------

// --- Devices, passwords, sessions -----------------------------------------------------------------------

/** Size of a device key, in bits. snapd makes 4096; with less than 2048, brute force comes into reach. */
export const MIN_DEVICE_KEY_BITS = 2_048;

/** One signature of a larger key costs several times what one of 4096 bits does, and no device has one. */
export const MAX_DEVICE_KEY_BITS = 8_192;

/** Longest assertion of a session request, in bytes; a large model has some ten thousand. */
export const MAX_SESSION_ASSERTION_BYTES = 40 << 10;

/** Longest stream of assertions that asks for a serial, in bytes. */
export const MAX_SERIAL_REQUEST_BYTES = 64 << 10;

/** Body of a serial-request, in bytes: it is kept with the serial for ever. Gadgets put a few lines there. */
export const MAX_SERIAL_BODY_BYTES = 4 << 10;

/**
 * Passwords that are looked at, which takes 400 ms of a thread and 128 MiB each. It is the one thing that
 * costs a stranger's request more than 150 ms of CPU: five times for each address, and seldom after that.
 */
export const PASSWORD_QUEUE: FairQueueLimits = {
  work: 'password',
  running: 1,
  waitingPerAddress: 4,
  waiting: 64,
  retryAfterSeconds: 2,
};

/** Wrong management passwords of one address. */
export const PASSWORD_GUESSES: GuessLimits = {
  what: 'management password',
  free: 5,
  firstPauseMs: 1_000,
  longestPauseMs: 300_000,
  guessers: 10_000,
};

// --- Imports --------------------------------------------------------------------------------------------

// --- Assertions -----------------------------------------------------------------------------------------

/**
 * What checking the views of one confdb-schema against its storage may cost, in characters of paths and
 * places visited: some 20 ms. The largest that is known needs a few hundred.
 */
export const MAX_CONFDB_SCHEMA_STEPS = 400_000;
