import { AIRGAP_MODE_COMMANDS } from './airgap-mode/airgap-mode.commands.js';
import { BRAND_STORES_COMMANDS } from './brand-stores/brand-stores.commands.js';
import { CATALOGUE_COMMANDS } from './catalogue/catalogue.commands.js';
import { DELTAS_COMMANDS } from './deltas/deltas.commands.js';
import { DEVICES_COMMANDS } from './devices/devices.commands.js';
import { FETCH_COMMANDS } from './fetch/fetch.commands.js';
import { GROUPS_COMMANDS } from './groups/groups.commands.js';
import { HTTPS_COMMANDS } from './https/https.commands.js';
import { IMPORTS_COMMANDS } from './imports/imports.commands.js';
import { KEYS_COMMANDS } from './keys/keys.commands.js';
import { MANAGEMENT_COMMANDS } from './management/management.commands.js';
import { REGISTRATION_COMMANDS } from './registration/registration.commands.js';
import { RELEASES_COMMANDS } from './releases/releases.commands.js';
import { SECRETS_COMMANDS } from './secrets/secrets.commands.js';
import { SETTINGS_COMMANDS } from './settings/settings.commands.js';
import { STATUS_COMMANDS } from './status/status.commands.js';

/** The commands of a store, in the order of `--help`. The server knows them too: some run over the network. */
export const STORE_COMMANDS = [
  ...IMPORTS_COMMANDS,
  ...RELEASES_COMMANDS,
  ...CATALOGUE_COMMANDS,
  ...BRAND_STORES_COMMANDS,
  ...GROUPS_COMMANDS,
  ...KEYS_COMMANDS,
  ...DEVICES_COMMANDS,
  ...DELTAS_COMMANDS,
  ...AIRGAP_MODE_COMMANDS,
  ...MANAGEMENT_COMMANDS,
  ...REGISTRATION_COMMANDS,
  ...FETCH_COMMANDS,
  ...SETTINGS_COMMANDS,
  ...SECRETS_COMMANDS,
  ...HTTPS_COMMANDS,
  ...STATUS_COMMANDS,
];
