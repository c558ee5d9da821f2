import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { StoreError } from '../../common/errors.js';
import { replaceFile } from '../../common/files/replace-file.js';
import { readTrusted } from '../../common/files/trusted-file.js';
import type { PostgresBinaries } from './binaries.js';
import { TAKEN } from './postmaster.js';
import { PROGRAM_ENVIRONMENT } from './program-environment.js';
import { spawnIdentity, type ServerAccount } from './server-account.js';

/** The database role of every process that uses the server. It owns its database, and is no superuser. */
export const EMBEDDED_ROLE = 'snap_store_proxy';

/** The superuser, for maintenance by hand; the program itself never connects as it. */
export const OWNER_ROLE = 'snap_store_proxy_owner';

/** The database that the store's tables are in. */
export const EMBEDDED_DATABASE = 'snap_store_proxy';

/** Every server has it. */
const MAINTENANCE_DATABASE = 'postgres';

const MAP = 'snap_store_proxy';
const RULES_FILE = 'pg_hba.conf';
const MAP_FILE = 'pg_ident.conf';
const FILE_MODE = 0o600;
const MAX_FILE_BYTES = 64 << 10;

/** In the rules of a data folder whose roles are as this program wants them; another one is made so first. */
const MARK = '# Written by snap-store-proxy at every start: roles 2';

/**
 * Who may connect: over the Unix socket, whoever the kernel says is the account of the server, or root. Nobody else,
 * whatever the mode of the socket is.
 *
 * @see https://www.postgresql.org/docs/current/auth-peer.html
 */
const RULES = `${MARK}
# TYPE  DATABASE  USER  METHOD
local   all       ${EMBEDDED_ROLE},${OWNER_ROLE}  peer map=${MAP}
`;

function mapFor(account: ServerAccount): string {
  const lines = [...new Set(['root', account.name])].flatMap((name) =>
    [EMBEDDED_ROLE, OWNER_ROLE].map((role) => `${MAP} "${name}" ${role}\n`),
  );
  return `${MARK}\n# MAP  ACCOUNT  ROLE\n${lines.join('')}`;
}

/** The roles and the database, where there are none or an older version made them. */
const ROLES = [
  `do $$ begin
  if exists (select from pg_authid where oid = 10 and rolname = '${EMBEDDED_ROLE}') then
    create role snap_store_proxy_mover superuser;
    set session authorization snap_store_proxy_mover;
    alter role ${EMBEDDED_ROLE} rename to ${OWNER_ROLE};
    set session authorization ${OWNER_ROLE};
    drop role snap_store_proxy_mover;
  end if;
  if not exists (select from pg_roles where rolname = '${EMBEDDED_ROLE}') then
    create role ${EMBEDDED_ROLE} login;
  end if;
end $$`,
  `create database ${EMBEDDED_DATABASE} owner ${EMBEDDED_ROLE}`,
  `alter database ${EMBEDDED_DATABASE} owner to ${EMBEDDED_ROLE}`,
];

/** What the superuser owns in the store's database, given to its role; what belongs to an extension stays. */
const OWNERSHIP = [
  `do $$ declare found record; begin
  for found in
    select format('alter table %s owner to ${EMBEDDED_ROLE}', oid::regclass) as statement
      from pg_class
      where relnamespace = 'public'::regnamespace and relowner = 10 and relkind in ('r', 'p', 'v', 'm')
        and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e')
    union all
    select format('alter routine %s owner to ${EMBEDDED_ROLE}', oid::regprocedure)
      from pg_proc
      where pronamespace = 'public'::regnamespace and proowner = 10
        and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
  loop execute found.statement; end loop;
end $$`,
];

/** Whether the data folder was made ready by this version, or one after it. */
export function hasRoles(data: string, account: ServerAccount): boolean {
  return readTrusted(join(data, RULES_FILE), MAX_FILE_BYTES, [account.uid])?.startsWith(MARK) === true;
}

/**
 * Makes the roles of a data folder and says who may connect as them. No server runs on it; one that starts at the
 * same moment keeps this from beginning, and the other way round. Ending early at any point, it is done again.
 *
 * @param options - `isNew`: nothing is in it yet
 * @returns `false` where a server has the data, or seems to
 * @throws StoreError `database-unavailable` with what PostgreSQL said
 */
export function prepareAccess(
  data: string,
  binaries: PostgresBinaries,
  account: ServerAccount,
  { isNew = false } = {},
): boolean {
  if (!hasRoles(data, account)) {
    const maintain = (database: string, statements: readonly string[]) =>
      runAlone(data, binaries, account, { database, statements });
    if (!maintain(MAINTENANCE_DATABASE, ROLES)) return false;
    if (!isNew && !maintain(EMBEDDED_DATABASE, OWNERSHIP)) return false;
  }
  writeWhereOther(join(data, MAP_FILE), mapFor(account), account);
  writeWhereOther(join(data, RULES_FILE), RULES, account);
  return true;
}

/** The account could lay a link there; so the old file is read with care, and the new one takes its place. */
function writeWhereOther(path: string, text: string, account: ServerAccount): void {
  if (readTrusted(path, MAX_FILE_BYTES, [account.uid]) === text) return;
  replaceFile(path, text, FILE_MODE, account);
}

/** The one thing that may fail: the database is there already. */
const EXISTS = `database "${EMBEDDED_DATABASE}" already exists`;

const FAILED = /(?:ERROR|FATAL|PANIC): +(.*)/;

/**
 * Runs statements as the superuser without a server. A statement ends with an empty line.
 *
 * @returns `false` where a server has the data
 * @see https://www.postgresql.org/docs/current/app-postgres.html, single-user mode, `-j`
 */
function runAlone(
  data: string,
  binaries: PostgresBinaries,
  account: ServerAccount,
  { database, statements }: { readonly database: string; readonly statements: readonly string[] },
): boolean {
  const words = ['--single', '-j', '-D', data, '-c', 'timezone=UTC', '-c', 'log_timezone=UTC', database];
  const { status, stderr, error } = spawnSync(join(binaries.folder, 'postgres'), words, {
    ...spawnIdentity(account),
    cwd: '/',
    env: PROGRAM_ENVIRONMENT,
    encoding: 'utf8',
    input: statements.map((statement) => `${statement};\n\n`).join(''),
  });
  const wrong = (stderr ?? '')
    .split('\n')
    .flatMap((line) => FAILED.exec(line)?.[1] ?? [])
    .find((why) => why !== EXISTS);
  if (status === 0 && wrong === undefined) return true;
  if (wrong !== undefined && TAKEN.test(wrong)) return false;
  const why = error?.message ?? wrong ?? stderr.trim();
  throw new StoreError('database-unavailable', `cannot prepare the database in ${data}: ${why}`, {
    cause: error,
  });
}
