import { unpooledBytes } from '../common/json-template.js';
import type { CatalogueName } from './search.repository.js';
import type { SnapAlias } from './snap-aliases.js';

/** A snap of the names catalogue with its aliases. */
export type ListedName = CatalogueName & { readonly aliases: readonly SnapAlias[] };

/** snapd reads this as a stream of tokens: `_embedded` comes first, and `clickindex:package` first in it. */
export const NAMES_START = Buffer.from('{"_embedded":{"clickindex:package":[');
export const NAMES_END = Buffer.from(']}}');

function nameView({ name, version, summary, apps, aliases }: ListedName): object {
  return { package_name: name, version, summary, apps, aliases };
}

/** A part of the list of names, which goes between {@link NAMES_START} and {@link NAMES_END}. */
export function namesPart(names: readonly ListedName[], isFirst: boolean): Buffer {
  const text = names.map((name) => JSON.stringify(nameView(name))).join(',');
  return unpooledBytes(isFirst ? text : `,${text}`);
}
