/**
 * The environment of PostgreSQL's programs: none of the caller's PG* variables, and messages in
 * English, since some of them are read.
 */
export const PROGRAM_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};
