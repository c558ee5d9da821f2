import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { StoreError } from '../../common/errors.js';
import { replaceFile } from '../../common/files/replace-file.js';
import { readTrusted } from '../../common/files/trusted-file.js';
import type { PostgresBinaries } from './binaries.js';
import { TAKEN } from './postmaster.js';
import { PROGRAM_ENVIRONMENT } from './program-environment.js';
import { spawnIdentity, type ServerAccount } from './server-account.js';

/** The database role of every process that uses the server. It owns its database and is not a superuser. */
export const EMBEDDED_ROLE = 'snap_store_proxy';

/** The superuser, for manual maintenance. The program itself never connects as this role. */
export const OWNER_ROLE = 'snap_store_proxy_owner';

/** The database with the store's tables. */
export const EMBEDDED_DATABASE_NAME = 'snap_store_proxy';

/** Every server has this database. */
const MAINTENANCE_DATABASE = 'postgres';

const MAP = 'snap_store_proxy';
const RULES_FILE = 'pg_hba.conf';
const MAP_FILE = 'pg_ident.conf';
const FILE_MODE = 0o600;
const MAX_FILE_BYTES = 64 << 10;

/** Marks a data folder whose roles this version set up. If it is missing, they are set up first. */
const MARK = '# Written by snap-store-proxy at every start: roles 2';

/**
 * Who may connect: over the Unix socket, the account of the server or root, as the kernel reports it. Nobody
 * else, whatever the mode of the socket is.
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

/** Creates the roles and the database, or converts those of an older version. */
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
  `create database ${EMBEDDED_DATABASE_NAME} owner ${EMBEDDED_ROLE}`,
  `alter database ${EMBEDDED_DATABASE_NAME} owner to ${EMBEDDED_ROLE}`,
];

/** Gives the superuser's objects in the store's database to its role. Objects of an extension stay. */
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

/** Whether this version or a newer one prepared the data folder. */
export function hasRoles(data: string, account: ServerAccount): boolean {
  return readTrusted(join(data, RULES_FILE), MAX_FILE_BYTES, [account.uid])?.startsWith(MARK) === true;
}

/**
 * Creates the roles of a data folder and sets who may connect as them. No server may run on it. A server that
 * starts at the same moment prevents this step, and this step prevents the server. If it stops at any point, it
 * is done again.
 *
 * @param options - `isNew`: the folder has no data yet
 * @returns `false` if a server has the data, or seems to
 * @throws StoreError `database-unavailable` with PostgreSQL's message
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
    if (!isNew && !maintain(EMBEDDED_DATABASE_NAME, OWNERSHIP)) return false;
  }
  writeWhereOther(join(data, MAP_FILE), mapFor(account), account);
  writeWhereOther(join(data, RULES_FILE), RULES, account);
  return true;
}

/** The account could put a link there. So the old file is read with care, and the new one replaces it. */
function writeWhereOther(path: string, text: string, account: ServerAccount): void {
  if (readTrusted(path, MAX_FILE_BYTES, [account.uid]) === text) return;
  replaceFile(path, text, FILE_MODE, account);
}

/** The only error that is allowed: the database exists already. */
const EXISTS = `database "${EMBEDDED_DATABASE_NAME}" already exists`;

const FAILED = /(?:ERROR|FATAL|PANIC): +(.*)/;

/**
 * Runs statements as the superuser without a server. An empty line ends a statement.
 *
 * @returns `false` if a server has the data
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
