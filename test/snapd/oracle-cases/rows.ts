import { without, type Edit } from './edits.js';

/** What is tried, the good assertion it is tried on, and what is done to its headers before they are signed. */
export type EditedRow = readonly [what: string, valid: string, edit: Edit];

/** One row for each edit, of one good assertion. */
export function rows(valid: string, edits: Record<string, Edit>): EditedRow[] {
  return Object.entries(edits).map(([what, edit]) => [`${valid}: ${what}`, valid, edit]);
}

/** One row for each header left out. */
export function mandatory(valid: string, ...headers: string[]): EditedRow[] {
  return headers.map((header) => [`${valid}: no ${header}`, valid, without(header)]);
}
