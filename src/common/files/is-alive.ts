/**
 * Whether there is a process of that number: files that bear it may still be written to.
 *
 * @param pid - as read from a file's name; what is no number is no process
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
