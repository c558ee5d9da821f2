const MAX_QUOTED_CHARACTERS = 80;

/** Formats an outside string for an error message: on one line, quoted, at most 80 characters. */
export function quote(text: string): string {
  return JSON.stringify(
    text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}…` : text,
  );
}
