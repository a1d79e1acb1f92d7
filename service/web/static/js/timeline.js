/* Which word is said when. */

/** @typedef {import("./types.js").Word} Word */
/** @typedef {{index: number, start: number, end: number}} Placed */

/** The words that have times, in order. */
export class Timeline {
  /** @param {Word[]} words */
  constructor(words) {
    /** @type {Placed[]} */
    this.placed = [];
    words.forEach(({ start, end }, index) => {
      if (start !== null && end !== null) this.placed.push({ index, start, end });
    });
  }

  /**
   * How many words begin at or before a time.
   * @param {number} seconds
   */
  #begun(seconds) {
    let low = 0;
    let high = this.placed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.placed[middle].start <= seconds) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @param {number} seconds @returns {number|null} the index of the word that is being said */
  at(seconds) {
    const last = this.placed[this.#begun(seconds) - 1];
    return last && seconds < last.end ? last.index : null;
  }

  /**
   * The words of which something is said within a window.
   * @param {number} from seconds
   * @param {number} to seconds
   * @returns {Placed[]}
   */
  within(from, to) {
    const first = Math.max(0, this.#begun(from) - 1);
    return this.placed.slice(first, this.#begun(to)).filter(({ end }) => end > from);
  }
}
