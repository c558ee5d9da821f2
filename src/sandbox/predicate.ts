/** The predicate of a first-party caveat: `LOCATION|NAME|VALUE`, as login.ubuntu.com writes it. */
export interface Predicate {
  readonly location: string;
  readonly name: string;
  readonly value: string;
}

export function readPredicate(text: string): Predicate {
  const [location = '', name = '', ...value] = text.split('|');
  return { location, name, value: value.join('|') };
}
