import { FieldChoice } from '../../catalogue/snap-json.view.js';

/** Longest search text accepted, in characters. */
export const MAX_SEARCH_LENGTH = 512;

/** Longest list of fields accepted, in characters; snapd's own is about 400. */
export const MAX_FIELDS_LENGTH = 4_096;

/** What was given, and not left empty: clients send parameters that they do not use as well. */
export function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** The parts of a list with commas; none where it is empty. */
export function listed(text: string | undefined): string[] | undefined {
  return given(text)?.split(',');
}

/** The fields that an answer is to have. */
export function fieldsFromQuery(fields: string | undefined): FieldChoice {
  return FieldChoice.of((fields ?? '').split(',').filter((name) => name !== ''));
}
