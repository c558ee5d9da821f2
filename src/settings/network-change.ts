import type { Setting } from './setting.js';

/**
 * Why a setting is not changed over the network: what a command reads from a file of the machine, or changes for the
 * machine alone, is changed there.
 *
 * @returns undefined for one that is
 */
export function whyNotChangeable({ readOnly, scope, fromArgument }: Setting<unknown>): string | undefined {
  if (readOnly) return 'it is the result of another command';
  if (scope === 'unit') return 'it is a setting of one machine; change it there with `config`';
  return fromArgument ? 'its value is a file of the machine; change it there with `config`' : undefined;
}
