import { unpooledBytes } from '../../common/http/json-template.js';
import type { CatalogueName } from './search.repository.js';
import type { SnapAlias } from './snap-aliases.js';

/** A snap of the names catalogue with its aliases. */
export type ListedName = CatalogueName & { readonly aliases: readonly SnapAlias[] };

function nameView({ name, version, summary, apps, aliases }: ListedName): object {
  return { package_name: name, version, summary, apps, aliases };
}

/** A part of the list of names, without its start and end (`package-list.ts`). */
export function namesPart(names: readonly ListedName[], isFirst: boolean): Buffer {
  const text = names.map((name) => JSON.stringify(nameView(name))).join(',');
  return unpooledBytes(isFirst ? text : `,${text}`);
}
