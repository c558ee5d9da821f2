/**
 * Characters that a terminal executes or hides instead of showing: C0 and C1 controls, and so every escape
 * sequence (CSI, OSC); line ends; bidirectional marks and other format characters; zero-width characters; tags;
 * unpaired surrogates.
 *
 * Variation selectors stay: they only change how the character before them looks, and emoji need them.
 */
const HIDDEN =
  /(?!\p{Variation_Selector})[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const HIDDEN_IN_TEXT =
  /(?!\p{Variation_Selector}|\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;

const BYTE = 0x100;

/** `\x1b`, `\u202e`: one for each UTF-16 unit, as JSON and JavaScript write them. */
function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((unit) =>
      unit < BYTE ? `\\x${unit.toString(16).padStart(2, '0')}` : `\\u${unit.toString(16).padStart(4, '0')}`,
    )
    .join('');
}

/** Whether a string is so plain that nothing in it can be hidden: ASCII without controls, but for line ends. */
export function isPlain(text: string): boolean {
  return /^[\x20-\x7e\n]*$/.test(text);
}

/** Any string as one line that shows all of it. */
export function visible(text: string): string {
  return text.replaceAll(HIDDEN, (character) => (character === '\n' ? '\\n' : escaped(character)));
}

/** The same for a string of several lines, which stay. */
export function visibleLines(text: string): string {
  return text.replaceAll(HIDDEN_IN_TEXT, escaped);
}

/**
 * JSON text with these characters as `\uXXXX`: the JSON is equivalent. The line ends between its parts stay.
 */
export function visibleJson(json: string): string {
  return json.replaceAll(HIDDEN_IN_TEXT, (character) => escaped(character).replaceAll('\\x', '\\u00'));
}

/** Whether a string contains anything that {@link visible} would escape. */
export function hasHidden(text: string): boolean {
  return text.search(HIDDEN) !== -1;
}
