const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file: a part of its path is not a folder',
  EACCES: 'this account may not read it: run the command with sudo, or change its permissions',
  EPERM: 'this account may not read it: run the command with sudo, or change its permissions',
  EISDIR: 'it is a folder',
  EIO: 'its medium cannot be read: try another USB port, or copy the file again',
  ENXIO: 'it is a device that does not exist',
  ELOOP: 'its symbolic links form a loop',
  ENAMETOOLONG: 'its name is too long',
  ENODEV: 'its medium is no longer there: plug it in again',
  ESTALE: 'its medium is no longer there: mount it again',
  EMFILE: 'too many files are open',
};

/** Why a named file cannot be read; the text follows the file name in a message. */
export function fileTrouble(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return WORDS[code] ?? (error instanceof Error ? error.message : String(error));
}
