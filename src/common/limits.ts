import type { FairQueueLimits } from './fair-queue.js';
import type { GuessLimits } from './http/guess-limiter.js';
import type { RateLimits } from './http/rate-limiter.js';

/**
 * The limits on what a request, an address and all of them together may cost the store. Every limit that an
 * unauthenticated client can reach is here, with its unit, and is tested on both sides. There is a section for
 * each area. A limit next to its code is one that no stranger can reach.
 */

// --- Connections and bodies -----------------------------------------------------------------------------

/** Connections that may be open at the same time, on the ports for HTTP and HTTPS together. */
export const MAX_CONNECTIONS = 10_000;

/**
 * The most of them from one address. Two hundred devices behind one router have two each. A trusted proxy may
 * have as many as all together.
 */
export const MAX_CONNECTIONS_PER_ADDRESS = 512;

/**
 * How long a connection above these limits waits for its refusal, in milliseconds. This slows a client that
 * opens another one at once.
 */
export const REFUSED_CONNECTION_PAUSE_MS = 1_000;

/** The most connections that wait for their refusal. Further ones are ended without an answer. */
export const MAX_WAITING_REFUSALS = 4_096;

/**
 * Connections that the system queues until they are accepted, on each port. If more arrive at once, a device's
 * connection may be dropped, and the device tries again after a second. The system allows 4,096
 * (`net.core.somaxconn`).
 */
export const LISTEN_BACKLOG = 4_096;

/** The most requests on one connection that wait until the one before them is answered. snapd sends none. */
export const MAX_PIPELINED_REQUESTS = 16;

/** A request, including its body, must arrive within this time, in milliseconds. */
export const REQUEST_TIMEOUT_MS = 120_000;

/**
 * A connection is ended after this time without progress, in milliseconds: no byte arrives, and the client
 * reads none of its answer. On a slow link, the system reports progress in steps of up to a third of its send
 * buffer, so this must not be short.
 */
export const STALL_TIMEOUT_MS = 180_000;

/** Largest body of a request, if no other limit is given, in bytes. */
export const MAX_BODY_BYTES = 64 << 10;

/**
 * Largest body of a refresh, in bytes. A device with thousands of snaps, and groups of assertions for each,
 * stays below this.
 */
export const MAX_REFRESH_BODY_BYTES = 8 << 20;

/**
 * Largest body of overrides from an operator, in bytes: thousands at once. It is read after the operator has
 * authenticated.
 */
export const MAX_OVERRIDES_BODY_BYTES = 1 << 20;

/**
 * Largest stream of assertions from an operator, in bytes. Longer ones come as a file, with `ack` or `push-snap`. It is
 * read after the operator has authenticated.
 */
export const MAX_ASSERTIONS_BODY_BYTES = 1 << 20;

/**
 * Largest body of a command over the network, in bytes: its files and its standard input come along, in Base64. It is
 * read after the caller has authenticated.
 */
export const MAX_COMMAND_BODY_BYTES = 7 << 20;

/**
 * Largest body of a request for a serial or a session, in bytes. It consists of assertions, each with its own
 * limit.
 */
export const MAX_PROOF_BODY_BYTES = 1 << 20;

/** Largest body on the sandbox's own paths, in bytes. The sandbox listens only on the loopback address. */
export const MAX_SANDBOX_BODY_BYTES = 8 << 20;

/** Bodies up to this length, in bytes, do not count as in flight: the number of connections limits them. */
export const UNCOUNTED_BODY_BYTES = 16 << 10;

/**
 * Bodies in flight of one address, in bytes. A body counts from its first byte until its request is answered.
 */
export const MAX_BODIES_PER_ADDRESS_BYTES = 16 << 20;

/** Bodies in flight of all addresses, in bytes. */
export const MAX_BODIES_BYTES = 64 << 20;

/** An address with fewer bytes in flight than this is never refused because of others. */
export const RESERVED_BODIES_BYTES = 256 << 10;

/**
 * Bytes of bodies above {@link MAX_BODY_BYTES} from one address. Only devices with hundreds of snaps send such
 * bodies, a few times a day. Reading them is expensive, whatever happens to their requests.
 */
export const LARGE_BODIES_PER_ADDRESS: RateLimits = {
  what: 'bytes of large requests of this address',
  burst: 24 << 20,
  perSecond: 2 << 20,
  keys: 10_000,
};

/**
 * How long an unread body waits for its refusal, in milliseconds. This slows a client that sends it again and
 * again, and costs nothing meanwhile.
 */
export const REFUSED_BODY_PAUSE_MS = 1_000;

/**
 * The most pieces of a body that are kept as they arrived. Each takes some hundred bytes more than its content.
 */
export const UNJOINED_BODY_PIECES = 32;

/** Pieces of at least this length, in bytes, are not joined with others. */
export const JOINED_BODY_BYTES = 64 << 10;

/**
 * The most commas, colons and opening brackets in a body above {@link MAX_BODY_BYTES}. The largest refresh has
 * 190,000.
 */
export const MAX_JSON_STRUCTURE = 200_000;

/** The deepest nesting of lists and objects in such a body. A refresh has six levels. */
export const MAX_JSON_DEPTH = 16;

/** The most different names of members in such a body. A refresh has about eighty. */
export const MAX_JSON_NAMES = 256;

/** Requests in progress at the same time: about as many as there are connections to the database. */
export const MAX_RUNNING_REQUESTS = 16;

/** The most of them from one address, so that others find a place at once. */
export const MAX_RUNNING_REQUESTS_PER_ADDRESS = 12;

/** Requests of one address that may wait for their turn: one on each of its connections. */
export const MAX_WAITING_REQUESTS_PER_ADDRESS = MAX_CONNECTIONS_PER_ADDRESS;

/** Requests of all addresses that may wait for their turn. */
export const MAX_WAITING_REQUESTS = MAX_CONNECTIONS;

/** A request with a longer body, in bytes, may cost a hundred times as much as others. */
export const LARGE_BODY_BYTES = 16 << 10;

/** Requests with such a body that are in progress at the same time. */
export const MAX_RUNNING_LARGE_REQUESTS = 2;

/** Answers up to this length, in bytes, do not count as unread: the number of connections limits them. */
export const UNCOUNTED_ANSWER_BYTES = 16 << 10;

/** The bytes that count for an answer that is made while it is sent. */
export const STREAM_COUNTS_AS_BYTES = 256 << 10;

/** Unread answers of one address in memory, in bytes. */
export const MAX_UNTAKEN_BYTES_PER_ADDRESS = 32 << 20;

/** Unread answers of all addresses in memory, in bytes. */
export const MAX_UNTAKEN_BYTES = 96 << 20;

/** An address with fewer unread bytes than this is never refused because of others. */
export const RESERVED_UNTAKEN_BYTES = 512 << 10;

/**
 * Memory for the pieces of files that are sent to one address, in bytes. When it is used up, pieces are small.
 */
export const MAX_PIECES_PER_ADDRESS_BYTES = 64 << 20;

/** Memory for the pieces of files that are sent to all addresses, in bytes. */
export const MAX_PIECES_BYTES = 128 << 20;

/** The most addresses that the log names for sending proxy headers. */
export const MAX_NAMED_STRANGERS = 16;

/** Lines of one second that the log has about requests, not counting those of operators and tokens. */
export const MAX_ACCESS_LINES_PER_SECOND = 100;

/** After how many seconds a client that exceeded a limit may try again. */
export const OVERLOAD_RETRY_SECONDS = 5;

// --- The content of a request -------------------------------------------------------------------------

/** Actions of one refresh: more than a device can have snaps, or groups of assertions for them. */
export const MAX_REFRESH_ACTIONS = 2_000;

/**
 * Snaps in one metadata request of a device with snapd before 2.33. Such a device has about fifty. Each snap is
 * described again, which costs four times as much as in a refresh.
 */
export const MAX_OLD_METADATA_SNAPS = 500;

/** Installed snaps that one refresh lists. */
export const MAX_REFRESH_CONTEXT = 2_000;

/**
 * Assertions of one refresh, all groups together. snapd requests each one once: the declarations of its snaps,
 * and their accounts and keys, which are fewer. A device with a thousand snaps stays below it.
 */
export const MAX_REFRESH_ASSERTIONS = 4_000;

/** Validation sets that one action names: more than a device enforces. */
export const MAX_ACTION_SETS = 100;

/** Different validation sets that one refresh names. */
export const MAX_REFRESH_SETS = 1_000;

/** How often one refresh names a set: five hundred snaps in twenty sets each. */
export const MAX_REFRESH_SET_MENTIONS = 10_000;

/**
 * Answers of one refresh that need their own query of the history: cohorts that nobody has used lately, and
 * upgrades to an epoch that a device cannot read yet. Devices need a few.
 */
export const MAX_REFRESH_HISTORIES = 50;

/** Names in a list of fields. There are thirty fields. */
export const MAX_FIELDS = 256;

/** Types in `assertion-max-formats`. There are fifty types. */
export const MAX_FORMATS = 256;

/**
 * Characters of a name, an id, a channel or a key in a refresh. The longest that devices send is a cohort key.
 */
export const MAX_REFRESH_TEXT_CHARACTERS = 1_024;

/** Parts of an assertion's primary key. No type has more than five. */
export const MAX_KEY_PARTS = 8;

/** Snaps that are read from the database at once, so that nobody waits long behind a request for many. */
export const SNAPS_AT_ONCE = 50;

/** Longest piece of work between two turns of the event loop, in milliseconds, if the work can be split. */
export const WORK_SLICE_MS = 15;

/** Bytes of one answer that is neither a file nor the list of all names. */
export const MAX_ANSWER_BYTES = 16 << 20;

/** Bytes of an answer to a search, which is made for one client only. It contains the best results. */
export const MAX_FIND_BYTES = 4 << 20;

/** Answers made from more bytes than this are sent piece by piece, as fast as they are read. */
export const STREAMED_ANSWER_BYTES = 256 << 10;

/** A refresh with at least this many actions, assertions and sets waits for its turn among the large ones. */
export const LARGE_REFRESH = 200;

/** The queue for work that costs more than most requests. Many devices may share one address. */
const IN_TURN = { waitingPerAddress: 64, waiting: 1_024, retryAfterSeconds: 5 };

export const LARGE_REFRESH_QUEUE: FairQueueLimits = { ...IN_TURN, work: 'large refresh', running: 2 };

/** The queue for reading snaps that are not in memory, {@link SNAPS_AT_ONCE} in each turn. */
export const SNAP_READING_QUEUE: FairQueueLimits = { ...IN_TURN, work: 'reading of snaps', running: 2 };

export const SEARCH_QUEUE: FairQueueLimits = { ...IN_TURN, work: 'search', running: 2 };

/** The queue for answers about the whole catalogue, which are made once after each change. */
export const PREPARING_QUEUE: FairQueueLimits = { ...IN_TURN, work: 'list of the whole store', running: 1 };

/**
 * Memory for keys that are known not to exist, in bytes, for each kind: snaps, revisions, owners, assertions.
 */
export const MAX_ABSENT_BYTES = 4 << 20;

/** Snaps in memory, in bytes, without the answers made from them. */
export const MAX_SNAPS_BYTES = 128 << 20;

/** Cached answers about snaps, in bytes, all snaps together. */
export const MAX_ANSWERS_BYTES = 64 << 20;

/**
 * Remembered revisions of devices without a session: in total, and as reported from one address. A device has
 * about fifty snaps, and one address may have many devices.
 */
export const MAX_HELD_REVISIONS = 20_000;
export const MAX_HELD_REVISIONS_PER_ADDRESS = 2_000;

/** Assertions in memory, in bytes. */
export const MAX_ASSERTIONS_BYTES = 32 << 20;

// --- Devices, passwords, sessions -----------------------------------------------------------------------

/** Smallest device key, in bits. snapd makes 4096. Below 2048, brute force becomes possible. */
export const MIN_DEVICE_KEY_BITS = 2_048;

/**
 * Largest device key, in bits. A signature with a larger key costs several times as much as with 4096 bits, and
 * no device has one.
 */
export const MAX_DEVICE_KEY_BITS = 8_192;

/** Longest assertion of a session request, in bytes. A large model has about ten thousand. */
export const MAX_SESSION_ASSERTION_BYTES = 40 << 10;

/** Longest stream of assertions in a request for a serial, in bytes. */
export const MAX_SERIAL_REQUEST_BYTES = 64 << 10;

/**
 * Longest body of a serial-request, in bytes: it is stored permanently with the serial. Gadgets put a few lines
 * there.
 */
export const MAX_SERIAL_BODY_BYTES = 4 << 10;

/**
 * The queue for requests for sessions and serials whose signatures are verified: each uses a thread for half a
 * millisecond, and a few queries.
 */
export const PROOF_QUEUE: FairQueueLimits = {
  work: 'session or serial',
  running: 4,
  waitingPerAddress: 64,
  waiting: 1_024,
  retryAfterSeconds: 5,
};

/** Sessions that devices of one address may open. Each stores a used nonce for ten minutes. */
export const SESSIONS_PER_ADDRESS: RateLimits = {
  what: 'sessions of this address',
  burst: 1_000,
  perSecond: 5,
  keys: 10_000,
};

/** Sessions of unverified devices of one model. */
export const UNPROVEN_SESSIONS_PER_MODEL: RateLimits = {
  what: 'sessions of unverified devices of this model',
  burst: 2_000,
  perSecond: 20,
  keys: 10_000,
};

/** Sessions that one unit of the store may open: at most 80,000 used nonces in total. */
export const SESSIONS_IN_ALL: RateLimits = { what: 'sessions', burst: 20_000, perSecond: 100, keys: 1 };

/** Devices of one address that request their first serial. */
export const SERIALS_PER_ADDRESS: RateLimits = {
  what: 'requests for serials of this address',
  burst: 200,
  perSecond: 1,
  keys: 10_000,
};

/** Devices of one model that request their first serial. */
export const SERIALS_PER_MODEL: RateLimits = {
  what: 'requests for serials of this model',
  burst: 1_000,
  perSecond: 10,
  keys: 10_000,
};

/** Serials of a model, and devices of it that wait for one, unless the operator sets a number. */
export const DEFAULT_MAX_SERIALS = 10_000;

/**
 * Serials of one model for one proven hardware. A device gets a new serial when it is reinstalled. A leaked key
 * cannot obtain more.
 */
export const MAX_SERIALS_OF_HARDWARE = 16;

/** Wrong API keys from one address for one model. Devices behind one router share an address. */
export const API_KEY_GUESSES: GuessLimits = {
  what: 'api-key',
  free: 20,
  firstPauseMs: 1_000,
  longestPauseMs: 60_000,
  guessers: 10_000,
};

/**
 * The most devices in the table. If there are more, unverified ones are removed first, then those of the model
 * with the most devices; always the ones seen longest ago.
 */
export const MAX_DEVICES = 100_000;

/** The most unverified devices among them: anybody can forge as many serials as they like. */
export const MAX_UNPROVEN_DEVICES = 20_000;

/** The most of these that were last seen at one address. */
export const MAX_UNPROVEN_DEVICES_PER_ADDRESS = 1_000;

/** The most of these of one model. */
export const MAX_UNPROVEN_DEVICES_PER_MODEL = 10_000;

/**
 * Longest list of a device's snaps that is stored, in bytes of JSON. A snap takes 60 to 100; further snaps are
 * left out.
 */
export const MAX_NOTED_SNAPS_BYTES = 32 << 10;

/** The same for an unverified device. */
export const MAX_UNPROVEN_SNAPS_BYTES = 8 << 10;

/**
 * The most different snaps that are known to run somewhere: each with its channel, architecture and revision. Others
 * are looked up in the lists of their devices, which takes longer.
 */
export const MAX_RUNNING_SNAPS = 50_000;

/** The most devices that wait to be stored. Further ones are not recorded until these are stored. */
export const MAX_WAITING_DEVICES = 10_000;

/** The memory that these take, in bytes. Unverified devices may use at most half of both. */
export const MAX_WAITING_BYTES = 16 << 20;

/** The most unverified devices of one address among them. */
export const MAX_WAITING_UNPROVEN_PER_ADDRESS = 1_000;

/** Longest header with the session of a device, in characters. Those of this store have up to 2,500. */
export const MAX_SESSION_HEADER_LENGTH = 4_096;

/** Remembered valid sessions, in bytes: about a thousand bytes each. */
export const MAX_REMEMBERED_SESSIONS_BYTES = 8 << 20;

/**
 * The queue for passwords that are checked. Each uses a thread for 100 ms and 32 MiB, or four times that with
 * an older hash.
 */
export const PASSWORD_QUEUE: FairQueueLimits = {
  work: 'password',
  running: 1,
  waitingPerAddress: 4,
  waiting: 64,
  retryAfterSeconds: 2,
};

/** Wrong management passwords from one address. */
export const PASSWORD_GUESSES: GuessLimits = {
  what: 'management password',
  free: 5,
  firstPauseMs: 1_000,
  longestPauseMs: 300_000,
  guessers: 10_000,
};

/**
 * Wrong passwords for one operator from all addresses. Whoever signed in from an address lately is not slowed there:
 * otherwise anybody could keep an operator out.
 */
export const ACCOUNT_GUESSES: GuessLimits = {
  what: 'password of this operator',
  free: 20,
  firstPauseMs: 1_000,
  longestPauseMs: 60_000,
  guessers: 10_000,
};

/** Sessions of one operator that are open at the same time; a new one ends the oldest. */
export const MAX_SESSIONS_PER_OPERATOR = 20;

/** A session of an operator ends when nothing was asked with it for so long, in milliseconds. */
export const OPERATOR_SESSION_IDLE_MS = 3_600_000;

/** And after so long in any case. */
export const OPERATOR_SESSION_LIFETIME_MS = 12 * 3_600_000;

/** Addresses from which an operator signed in, as far as they are remembered. */
export const MAX_KNOWN_ADDRESSES = 20;

/** For how long, in milliseconds. */
export const KNOWN_ADDRESS_LIFETIME_MS = 30 * 86_400_000;

/** Rows of one page of the management API. */
export const MAX_PAGE_ROWS = 1_000;

/** Where the request does not say how many. */
export const DEFAULT_PAGE_ROWS = 100;

/** Idempotency keys of one operator or token that are remembered at the same time. */
export const MAX_IDEMPOTENCY_KEYS = 1_000;

/** How long one is remembered, in milliseconds. */
export const IDEMPOTENCY_KEY_LIFETIME_MS = 86_400_000;

/** Longest idempotency key, in characters. */
export const MAX_IDEMPOTENCY_KEY_LENGTH = 255;

/** Longest answer that is kept for such a key, in bytes; a repeated request of a longer one is told that it was done. */
export const MAX_KEPT_ANSWER_BYTES = 64 << 10;

/** Sign-ins at the identity provider that are not finished; of more, the oldest are dropped. */
export const MAX_PENDING_SIGN_INS = 10_000;

/** And those that were begun from one address. */
export const MAX_PENDING_SIGN_INS_PER_ADDRESS = 20;

/** For how long one can be finished, in milliseconds. */
export const PENDING_SIGN_IN_LIFETIME_MS = 600_000;

/** What is kept of the `User-Agent` of a session, in characters. */
export const MAX_USER_AGENT_CHARACTERS = 200;

// --- Imports --------------------------------------------------------------------------------------------

/**
 * Memory of one import for all its files together, in bytes, as `ImportBudget` counts it. The export of a whole
 * store of six thousand snaps needs less than half of it.
 */
export const MAX_IMPORT_HELD_BYTES = 256 << 20;

/** Bytes of assertions and JSON documents that one import reads, whether or not they are new. */
export const MAX_IMPORT_DOCUMENT_BYTES = 1 << 30;

/** Values in one JSON document of a bundle. The manifest of a bundle with the most entries has half as many. */
export const MAX_JSON_VALUES = 1_000_000;

// --- Assertions -----------------------------------------------------------------------------------------

/**
 * Longest body of a confdb-schema, in bytes. snapd accepts 2 MiB. Here each byte is read several times, and one
 * request must stay cheap.
 */
export const MAX_CONFDB_SCHEMA_BODY_BYTES = 512 << 10;

/**
 * The cost of checking the views of one confdb-schema against its storage, in characters of paths and visited
 * places. `cost.test.ts` measures the time at this limit.
 */
export const MAX_CONFDB_SCHEMA_STEPS = 400_000;
