import { EntryBudget, resolved, textOf, YamlFields } from '../../src/snap-files/yaml/fields.js';
import type { Node } from '../../src/snap-files/yaml/node.js';

/** A tree as lists, objects and texts, which compare well. */
export function plainValue(node: Node | undefined): unknown {
  const found = node && resolved(node);
  if (!found) return undefined;
  if (found.kind === 'scalar') return textOf(found, 'a value');
  if (found.kind === 'list') return found.items.map(plainValue);
  const fields = new YamlFields(found, 'a map', new EntryBudget());
  return Object.fromEntries(fields.names().map((name) => [name, plainValue(fields.get(name))]));
}
