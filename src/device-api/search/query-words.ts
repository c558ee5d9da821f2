import { FieldChoice } from '../../catalogue/snap-json.view.js';

/** Longest search text accepted, in characters. */
export const MAX_SEARCH_LENGTH = 512;

/** Longest list of fields accepted, in characters; snapd's own is about 400. */
export const MAX_FIELDS_LENGTH = 4_096;

/** The parameters that are not empty: clients also send parameters that they do not use. */
export function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** The parts of a comma-separated list; an empty list if it is empty. */
export function listed(text: string | undefined): string[] | undefined {
  return given(text)?.split(',');
}

/** The requested fields of an answer. */
export function fieldsFromQuery(fields: string | undefined): FieldChoice {
  return FieldChoice.of((fields ?? '').split(',').filter((name) => name !== ''));
}
