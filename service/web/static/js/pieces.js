/* A text cut where its words begin and end, with all that stands between them. */

/** @typedef {import("./types.js").Word} Word */
/** @typedef {{text: string, index: number|null}} Piece `index`: of the word, null between words */

const LONG_PARAGRAPH = 60; // words

/**
 * The pieces, paragraph by paragraph. A line break ends one; so does a segment's end where a
 * paragraph has grown long. Offsets count code points, as the API's do.
 * @param {string} text
 * @param {Word[]} words in order
 * @param {Set<number>} ends indices of words before which a paragraph may begin
 * @returns {Piece[][]}
 */
export function paragraphs(text, words, ends = new Set()) {
  const letters = Array.from(text);
  const between = (/** @type {number} */ from, /** @type {number} */ to) => letters.slice(from, to).join("");
  /** @type {Piece[][]} */
  const found = [[]];
  let place = 0;
  let length = 0;
  words.forEach((word, index) => {
    const gap = between(place, word.char_start);
    const breaks = /[\n\r]/.test(gap) || (length >= LONG_PARAGRAPH && ends.has(index));
    if (breaks && index > 0) {
      found.push([]);
      length = 0;
    } else if (gap) {
      found[found.length - 1].push({ text: gap, index: null });
    }
    found[found.length - 1].push({ text: between(word.char_start, word.char_end), index });
    place = word.char_end;
    length += 1;
  });
  return found;
}
