/** What a first-party caveat says: `LOCATION|NAME|VALUE`, as those of login.ubuntu.com do. */
export interface Predicate {
  readonly location: string;
  readonly name: string;
  readonly value: string;
}

export function readPredicate(text: string): Predicate {
  const [location = '', name = '', ...value] = text.split('|');
  return { location, name, value: value.join('|') };
}
