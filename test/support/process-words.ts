import { readdirSync, readFileSync } from 'node:fs';

/** Empty for one that has ended. */
function wordsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** The words of a process and of all that it started, as `ps` shows them to everybody. */
export function wordsOfTree(pid: number): string {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]));
    } catch {
      // It has ended since.
    }
  }
  const isOfTree = (each: number): boolean =>
    each === pid || (parents.has(each) && isOfTree(parents.get(each) ?? 0));
  return [...parents.keys()].filter(isOfTree).map(wordsOf).join('\0');
}
