import type { Access } from '../management/principal.js';

/** Who may push over the network, from the first byte until the end of the import. */
export const IMPORT_ACCESS: Access = { role: 'operator', scope: 'import' };
