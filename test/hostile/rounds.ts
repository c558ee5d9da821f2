/** Set by `run.mjs`. */
const { HOSTILE_ROUNDS, HOSTILE_ONLY } = process.env;

/** Ten attacks for some seconds each, instead of all. */
export const isShort = HOSTILE_ROUNDS === 'short';

/** Whether the command line selects this one: all, or those whose name or finding contains one of its words. */
export function chosen({ name, finding }: { readonly name: string; readonly finding: string }): boolean {
  const words = (HOSTILE_ONLY ?? '').split(',').filter((word) => word !== '');
  return words.length === 0 || words.some((word) => finding === word || name.includes(word));
}
