const MAX_QUOTED_CHARACTERS = 80;

/** Text from outside as an error message shows it: on one line, quoted, cut after 80 characters. */
export function quote(text: string): string {
  return JSON.stringify(
    text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}…` : text,
  );
}
