import { parseRole, type Role } from '../../common/domain/role.js';
import { StoreError } from '../../common/errors.js';
import { isLoopbackHost, MAX_OIDC_TEXT_LENGTH } from '../../outgoing/issuer.settings.js';
import { parseServiceUrl } from '../../outgoing/service-url.js';
import type { Setting } from '../../settings/setting.js';

/** The most values of a claim that stand for a role. */
export const MAX_OIDC_ROLES = 100;

const MAX_ROLES_LENGTH = 32 << 10;

/** Where browsers find the management API, if that is not the URL of the store. */
export const MANAGEMENT_URL: Setting<URL | undefined> = {
  key: 'proxy.management.url',
  scope: 'shared',
  description: "URL at which browsers of operators find this store (empty: the store's URL)",
  parse(text) {
    if (text === '') return undefined;
    const rules = { credentials: 'refused', example: 'https://store.example' } as const;
    const url = parseServiceUrl(MANAGEMENT_URL.key, text, rules);
    if (url.protocol === 'https:' || isLoopbackHost(url.hostname)) return url;
    throw new StoreError('invalid-setting', `cannot set ${MANAGEMENT_URL.key}: give a URL with https`);
  },
};

/** Which claim says what somebody may do. */
export const OIDC_ROLES_CLAIM: Setting<string> = {
  key: 'proxy.oidc.roles-claim',
  scope: 'shared',
  description:
    'claim of the ID token that decides about the role: `groups`, or `realm_access.roles` in an object',
  defaultText: 'groups',
  parse(text) {
    if (text !== '' && text.length <= MAX_OIDC_TEXT_LENGTH) return text;
    throw new StoreError(
      'invalid-setting',
      `cannot set ${OIDC_ROLES_CLAIM.key}: give the name of a claim, up to ${MAX_OIDC_TEXT_LENGTH} characters`,
    );
  },
};

/** What values of that claim stand for. */
export const OIDC_ROLES: Setting<ReadonlyMap<string, Role>> = {
  key: 'proxy.oidc.roles',
  scope: 'shared',
  description:
    'which value of the claim gives which role: `store-admins=admin;store-staff=viewer`; of several, the highest counts',
  defaultText: '',
  parse(text) {
    const refuse = (why: string) =>
      new StoreError(
        'invalid-setting',
        `cannot set ${OIDC_ROLES.key}: ${why}, such as store-admins=admin;staff=viewer`,
      );
    if (text.length > MAX_ROLES_LENGTH) throw refuse(`give up to ${MAX_ROLES_LENGTH} characters`);
    const pairs = text === '' ? [] : text.split(';');
    if (pairs.length > MAX_OIDC_ROLES) throw refuse(`give up to ${MAX_OIDC_ROLES} values`);
    const roles = new Map<string, Role>();
    for (const pair of pairs) {
      // A value may be a name of LDAP, with equals signs of its own.
      const equals = pair.lastIndexOf('=');
      const [value, role] = [pair.slice(0, Math.max(equals, 0)).trim(), pair.slice(equals + 1).trim()];
      if (value === '') throw refuse('give VALUE=ROLE, separated by semicolons');
      if (roles.has(value)) throw refuse(`${JSON.stringify(value.slice(0, 80))} has two roles; give it one`);
      roles.set(value, roleOf(role, refuse));
    }
    return roles;
  },
};

function roleOf(word: string, refuse: (why: string) => StoreError): Role {
  try {
    return parseRole(word);
  } catch {
    throw refuse(`${JSON.stringify(word.slice(0, 80))} is no role; give viewer, operator or admin`);
  }
}

/** For the module that defines them. */
export const OIDC_SETTINGS = [MANAGEMENT_URL, OIDC_ROLES_CLAIM, OIDC_ROLES] as const;
