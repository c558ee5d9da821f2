import type { FairQueueLimits } from './fair-queue.js';
import type { GuessLimits } from './http/guess-limiter.js';
import type { RateLimits } from './http/rate-limiter.js';

/**
 * What one request, one address and all of them together may cost the store. Every limit that somebody
 * who has not signed in can reach stands here, with its unit, and is tested on both sides. A section for
 * each area; a limit beside the code alone is one that no stranger reaches.
 */

// --- Connections and bodies -----------------------------------------------------------------------------

/** Connections that are open at the same time, on the ports for HTTP and HTTPS together. */
export const MAX_CONNECTIONS = 10_000;

/**
 * Of them from one address. Two hundred devices behind one router have two each; a trusted proxy has as many
 * as there may be in all.
 */
export const MAX_CONNECTIONS_PER_ADDRESS = 512;

/**
 * How long a connection above these limits waits for its refusal, in milliseconds: whoever opens another one at once is
 * slowed by that.
 */
export const REFUSED_CONNECTION_PAUSE_MS = 1_000;

/** Connections that wait for their refusal; above that they are ended without a word. */
export const MAX_WAITING_REFUSALS = 4_096;

/**
 * Connections that the system keeps until they are taken, on each port. With fewer than come at once, a device's own is
 * dropped and tried again after a second. The system allows 4,096 (`net.core.somaxconn`).
 */
export const LISTEN_BACKLOG = 4_096;

/** Requests on one connection that wait until the one before them is answered. snapd sends none. */
export const MAX_PIPELINED_REQUESTS = 16;

/** A request, its body included, must arrive within this time. */
export const REQUEST_TIMEOUT_MS = 120_000;

/**
 * A connection over which nothing moves for so long is ended: no byte comes in, and the client takes none of
 * its answer. The system reports progress on a slow link in steps of up to a third of its send buffer, so
 * this must not be short.
 */
export const STALL_TIMEOUT_MS = 180_000;

/** Bodies of requests, where no other limit is named. */
export const MAX_BODY_BYTES = 64 << 10;

/** A refresh of a device with thousands of snaps, and groups of assertions for each, stays below this. */
export const MAX_REFRESH_BODY_BYTES = 8 << 20;

/** Overrides that an operator sends: thousands at once. Read once the operator is authenticated. */
export const MAX_OVERRIDES_BODY_BYTES = 1 << 20;

/** What a device sends for a serial or a session: assertions, each of which has a limit of its own. */
export const MAX_PROOF_BODY_BYTES = 1 << 20;

/** What the sandbox, which listens on the loopback address alone, takes on paths of its own. */
export const MAX_SANDBOX_BODY_BYTES = 8 << 20;

/** Bodies up to this length do not count as being in flight: connections bound them. */
export const UNCOUNTED_BODY_BYTES = 16 << 10;

/** Bodies in flight of one address, from their first byte until their request is answered. */
export const MAX_BODIES_PER_ADDRESS_BYTES = 16 << 20;

/** Bodies in flight of all addresses. */
export const MAX_BODIES_BYTES = 64 << 20;

/** An address that has less than this in flight is never refused for what others have. */
export const RESERVED_BODIES_BYTES = 256 << 10;

/**
 * Bytes of bodies above {@link MAX_BODY_BYTES} that come from one address: only devices with hundreds of snaps
 * send such, a few times a day. Reading them costs, whatever becomes of their requests.
 */
export const LARGE_BODIES_PER_ADDRESS: RateLimits = {
  what: 'bytes of large requests of this address',
  burst: 24 << 20,
  perSecond: 2 << 20,
  keys: 10_000,
};

/**
 * How long a body that is not read on waits for its refusal, in milliseconds: whoever sends it again and again
 * is slowed by that, and costs nothing meanwhile.
 */
export const REFUSED_BODY_PAUSE_MS = 1_000;

/** Pieces of a body that are kept as they came: each takes some hundred bytes more than it has. */
export const UNJOINED_BODY_PIECES = 32;

/** Pieces from this length on are not joined with others. */
export const JOINED_BODY_BYTES = 64 << 10;

/** Commas, colons and opening brackets in a body above {@link MAX_BODY_BYTES}. The largest refresh has 190,000. */
export const MAX_JSON_STRUCTURE = 200_000;

/** Lists and objects inside each other in such a body. A refresh has six. */
export const MAX_JSON_DEPTH = 16;

/** Different names of members in such a body. A refresh has about eighty. */
export const MAX_JSON_NAMES = 256;

/** Requests that are worked on at the same time: about as many as there are connections to the database. */
export const MAX_RUNNING_REQUESTS = 16;

/** Of them from one address, so that others find a place at once. */
export const MAX_RUNNING_REQUESTS_PER_ADDRESS = 12;

/** Requests of one address that wait for their turn: one on each of its connections. */
export const MAX_WAITING_REQUESTS_PER_ADDRESS = MAX_CONNECTIONS_PER_ADDRESS;

/** Requests that wait for their turn in all. */
export const MAX_WAITING_REQUESTS = MAX_CONNECTIONS;

/** A request whose body is longer may cost a hundred times as much as others. */
export const LARGE_BODY_BYTES = 16 << 10;

/** Requests with such a body that are worked on at the same time. */
export const MAX_RUNNING_LARGE_REQUESTS = 2;

/** Answers up to this length do not count as being on their way: connections bound them. */
export const UNCOUNTED_ANSWER_BYTES = 16 << 10;

/** What an answer that is made while it is sent counts for. */
export const STREAM_COUNTS_AS_BYTES = 256 << 10;

/** Answers in memory that one address has not taken yet. */
export const MAX_UNTAKEN_BYTES_PER_ADDRESS = 32 << 20;

/** Answers in memory that all addresses have not taken yet. */
export const MAX_UNTAKEN_BYTES = 96 << 20;

/** An address that has less than this to take is never refused for what others have. */
export const RESERVED_UNTAKEN_BYTES = 512 << 10;

/** Memory for the pieces of files that are being sent, of one address; without it, pieces are small. */
export const MAX_PIECES_PER_ADDRESS_BYTES = 64 << 20;

/** Memory for the pieces of files that are being sent, in all. */
export const MAX_PIECES_BYTES = 128 << 20;

/** Addresses that the log names for what they say as if they were proxies. */
export const MAX_NAMED_STRANGERS = 16;

/** When whoever is refused for too much of something may ask again, in seconds. */
export const OVERLOAD_RETRY_SECONDS = 5;

// --- What a request may ask -----------------------------------------------------------------------------

/** Actions of one refresh. More than a device can have snaps, or groups of assertions for them. */
export const MAX_REFRESH_ACTIONS = 2_000;

/**
 * Snaps that a device of snapd before 2.33 asks about at once. It has some fifty; each is described anew, which costs
 * four times what a refresh does.
 */
export const MAX_OLD_METADATA_SNAPS = 500;

/** Installed snaps that one refresh tells of. */
export const MAX_REFRESH_CONTEXT = 2_000;

/**
 * Assertions of one refresh, all groups together. snapd asks for each once: the declarations of its snaps,
 * and the accounts and keys behind them, which are fewer. A device with a thousand snaps stays below it.
 */
export const MAX_REFRESH_ASSERTIONS = 4_000;

/** Validation sets that one action names: more than a device enforces. */
export const MAX_ACTION_SETS = 100;

/** Different validation sets that one refresh names. */
export const MAX_REFRESH_SETS = 1_000;

/** How often one refresh names a set: five hundred snaps in twenty sets each. */
export const MAX_REFRESH_SET_MENTIONS = 10_000;

/**
 * Answers of one refresh that need a look into history of their own: cohorts that nobody asked for lately, and
 * ways to an epoch that a device cannot read yet. Devices need a few; each costs a query.
 */
export const MAX_REFRESH_HISTORIES = 50;

/** Names in a list of fields; there are thirty. */
export const MAX_FIELDS = 256;

/** Types that `assertion-max-formats` lists; there are fifty. */
export const MAX_FORMATS = 256;

/** Characters of a name, an id, a channel or a key in a refresh. A cohort key is the longest that devices send. */
export const MAX_REFRESH_TEXT_CHARACTERS = 1_024;

/** Parts of an assertion's primary key; no type has more than five. */
export const MAX_KEY_PARTS = 8;

/** Snaps that are read from the database at once, so that nobody waits long behind one who asks for many. */
export const SNAPS_AT_ONCE = 50;

/** Longest piece of work between two turns of the event loop, in milliseconds, where it can be cut. */
export const WORK_SLICE_MS = 15;

/** Bytes of one answer that is neither a file nor the catalogue of names. */
export const MAX_ANSWER_BYTES = 16 << 20;

/** Bytes of an answer to a search, which is made for one reader alone; the best results are in it. */
export const MAX_FIND_BYTES = 4 << 20;

/** Answers that are made of more bytes than this go out piece by piece, as fast as they are read. */
export const STREAMED_ANSWER_BYTES = 256 << 10;

/** Actions, assertions and sets of a refresh from which on it waits for its turn among the large ones. */
export const LARGE_REFRESH = 200;

/** How work waits for its turn that costs more than most requests. Many devices may be behind one address. */
const IN_TURN = { waitingPerAddress: 64, waiting: 1_024, retryAfterSeconds: 5 };

export const LARGE_REFRESH_QUEUE: FairQueueLimits = { ...IN_TURN, work: 'large refresh', running: 2 };

/** Snaps that are not in memory, {@link SNAPS_AT_ONCE} in each turn. */
export const SNAP_READING_QUEUE: FairQueueLimits = { ...IN_TURN, work: 'reading of snaps', running: 2 };

export const SEARCH_QUEUE: FairQueueLimits = { ...IN_TURN, work: 'search', running: 2 };

/** Answers about the whole catalogue, which are made once for each change of it. */
export const PREPARING_QUEUE: FairQueueLimits = { ...IN_TURN, work: 'list of the whole store', running: 1 };

/** What is known not to be here, in bytes of memory, of each kind: snaps, revisions, owners, assertions. */
export const MAX_ABSENT_BYTES = 4 << 20;

/** Snaps in memory, in bytes, without the answers made of them. */
export const MAX_SNAPS_BYTES = 128 << 20;

/** Answers about snaps that were made and are kept, in bytes, all snaps together. */
export const MAX_ANSWERS_BYTES = 64 << 20;

/**
 * Revisions that devices without a session have, as far as they are remembered: in all, and of what one address
 * says. A device has some fifty snaps; behind one address there may be many of them.
 */
export const MAX_HELD_REVISIONS = 20_000;
export const MAX_HELD_REVISIONS_PER_ADDRESS = 2_000;

/** Assertions in memory, in bytes. */
export const MAX_ASSERTIONS_BYTES = 32 << 20;

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
 * Requests for sessions and serials whose signatures are checked at the same time: each takes a
 * thread for half a millisecond, and some questions to the database.
 */
export const PROOF_QUEUE: FairQueueLimits = {
  work: 'session or serial',
  running: 4,
  waitingPerAddress: 64,
  waiting: 1_024,
  retryAfterSeconds: 5,
};

/** Sessions that devices of one address open: each leaves a used nonce for ten minutes. */
export const SESSIONS_PER_ADDRESS: RateLimits = {
  what: 'sessions of this address',
  burst: 1_000,
  perSecond: 5,
  keys: 10_000,
};

/** Sessions of devices of one model whose serials nobody vouches for. */
export const UNPROVEN_SESSIONS_PER_MODEL: RateLimits = {
  what: 'sessions of devices of this model that nobody vouches for',
  burst: 2_000,
  perSecond: 20,
  keys: 10_000,
};

/** Sessions that one unit of the store opens: at most 80,000 used nonces, in all. */
export const SESSIONS_IN_ALL: RateLimits = { what: 'sessions', burst: 20_000, perSecond: 100, keys: 1 };

/** Devices of one address that ask for a serial for the first time. */
export const SERIALS_PER_ADDRESS: RateLimits = {
  what: 'requests for serials of this address',
  burst: 200,
  perSecond: 1,
  keys: 10_000,
};

/** Devices of one model that ask for a serial for the first time. */
export const SERIALS_PER_MODEL: RateLimits = {
  what: 'requests for serials of this model',
  burst: 1_000,
  perSecond: 10,
  keys: 10_000,
};

/** Serials of a model, and devices of it that wait for one, where the operator has not said how many. */
export const DEFAULT_MAX_SERIALS = 10_000;

/** Serials of one model for one proven hardware: it gets a new one when it is set up anew. One key that leaked buys no more. */
export const MAX_SERIALS_OF_HARDWARE = 16;

/** Wrong API keys that one address sends for one model. Devices behind one router share an address. */
export const API_KEY_GUESSES: GuessLimits = {
  what: 'api-key',
  free: 20,
  firstPauseMs: 1_000,
  longestPauseMs: 60_000,
  guessers: 10_000,
};

/**
 * Devices that are remembered. Of more, those go first that nobody vouches for, then those of the model
 * that has most; and always those that were not here for longest.
 */
export const MAX_DEVICES = 50_000;

/** Of them, those whose serial nobody vouches for: anybody can make up as many as they like. */
export const MAX_UNPROVEN_DEVICES = 20_000;

/** Of these, those that were last seen at one address. */
export const MAX_UNPROVEN_DEVICES_PER_ADDRESS = 1_000;

/** And those of one model. */
export const MAX_UNPROVEN_DEVICES_PER_MODEL = 10_000;

/** What is kept of the snaps that a device runs, in bytes of JSON: a snap takes 60 to 100. The others are left out. */
export const MAX_NOTED_SNAPS_BYTES = 32 << 10;

/** The same of a device whose serial nobody vouches for. */
export const MAX_UNPROVEN_SNAPS_BYTES = 8 << 10;

/** Devices that wait to be written down. Of more, the next ones are not noted before these are. */
export const MAX_WAITING_DEVICES = 10_000;

/** What they take, in bytes. Those that nobody vouches for have half of both at most. */
export const MAX_WAITING_BYTES = 16 << 20;

/** Of them, those of one address whose serials nobody vouches for. */
export const MAX_WAITING_UNPROVEN_PER_ADDRESS = 1_000;

/** Longest header with the session of a device, in characters; those of this store have up to 2,500. */
export const MAX_SESSION_HEADER_LENGTH = 4_096;

/** Sessions that are remembered as good, in bytes: some thousand bytes each. */
export const MAX_REMEMBERED_SESSIONS_BYTES = 8 << 20;

/** Passwords that are looked at: each takes 100 ms of a thread and 32 MiB, or four times that with an older hash. */
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

/**
 * What one import holds in memory of all its files together, as `ImportBudget` reckons it, in bytes. The export
 * of a whole store of six thousand snaps needs less than half of it.
 */
export const MAX_IMPORT_HELD_BYTES = 256 << 20;

/** Bytes of assertions and JSON documents that one import reads, whether it keeps them or has them already. */
export const MAX_IMPORT_DOCUMENT_BYTES = 1 << 30;

/** Values of one JSON document of a bundle: the manifest of a bundle with as many entries as there may be has half. */
export const MAX_JSON_VALUES = 1_000_000;

// --- Assertions -----------------------------------------------------------------------------------------

/**
 * Body of a confdb-schema, in bytes. snapd reads 2 MiB; each byte is looked at several times here, and one
 * request must stay cheap.
 */
export const MAX_CONFDB_SCHEMA_BODY_BYTES = 512 << 10;

/**
 * What checking the views of one confdb-schema against its storage may cost, in characters of paths and
 * places visited. `cost.test.ts` measures what a schema at this limit takes.
 */
export const MAX_CONFDB_SCHEMA_STEPS = 400_000;
