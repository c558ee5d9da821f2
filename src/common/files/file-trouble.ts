const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file: a part of its path is not a folder',
  EACCES: 'it may not be read by this user: run the command with sudo, or change its permissions',
  EPERM: 'it may not be read by this user: run the command with sudo, or change its permissions',
  EISDIR: 'it is a folder',
  EIO: 'its medium cannot be read: try another USB port, or copy the file again',
  ENXIO: 'it is a device that is not there',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  ENODEV: 'its medium is no longer there: plug it in again',
  ESTALE: 'its medium is no longer there: mount it again',
  EMFILE: 'too many files are open',
};

/** Why a file that somebody named cannot be read, in words; to stand behind its name. */
export function fileTrouble(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return WORDS[code] ?? (error instanceof Error ? error.message : String(error));
}
