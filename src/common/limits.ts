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

// --- Imports --------------------------------------------------------------------------------------------
