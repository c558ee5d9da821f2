/** For each this many characters of a word, one may be wrong. */
const CHARACTERS_PER_SLIP = 3;

/** Longer words are not compared: names of this program and of tracks are shorter. */
const MAX_COMPARED_CHARACTERS = 64;

/**
 * Finds the word that was most likely meant.
 *
 * @param word - as it was typed
 * @param known - the valid words
 * @returns the most similar one, or undefined if none is similar; case is ignored
 */
export function nearestWord(word: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of new Set(known)) {
    if (Math.max(word.length, candidate.length) > MAX_COMPARED_CHARACTERS) continue;
    const slips = slipsBetween(word.toLowerCase(), candidate.toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.min(word.length, candidate.length) / CHARACTERS_PER_SLIP));
    if (slips > allowed || slips >= fewest || slips >= candidate.length) continue;
    [nearest, fewest] = [candidate, slips];
  }
  return nearest;
}

/** `; did you mean stable?`, or an empty string. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const nearest = nearestWord(word, known);
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}

/**
 * The optimal string alignment distance: how many characters were omitted, added, changed, or swapped with the
 * next.
 *
 * @see Damerau, "A technique for computer detection and correction of spelling errors" (1964)
 */
function slipsBetween(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= from.length; row += 1) {
    rows[row] = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const slips = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
      rows[row]?.push(slips);
    }
  }
  return at(from.length, to.length);
}
