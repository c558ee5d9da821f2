import { HeaderError } from '../header-checks.js';
import { quote } from '../quote.js';

/** The snaps that one assertion lists: each name once, and each id under one name. */
export class UniqueSnaps {
  private readonly names = new Set<string>();
  private readonly ids = new Set<string>();

  /** @param id - empty if the snap has none */
  add(name: string, id: string): void {
    if (this.names.has(name)) throw new HeaderError(`snap ${quote(name)} is listed twice`);
    this.names.add(name);
    if (id === '') return;
    if (this.ids.has(id)) throw new HeaderError(`snap id ${quote(id)} is listed twice`);
    this.ids.add(id);
  }
}
