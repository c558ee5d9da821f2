/**
 * The environment of PostgreSQL's programs. It has none of the caller's PG* variables, and sets English
 * messages because the program reads some of them.
 */
export const PROGRAM_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};
