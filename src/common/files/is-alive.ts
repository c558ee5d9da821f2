/**
 * Whether a process with this number exists: the files that are named after it may still be written to.
 *
 * @param pid - from a file's name; false if it is not a number
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
