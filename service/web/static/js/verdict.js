/* What is shown of a word's status and score: one of five marks. */

/** @typedef {import("./types.js").Word} Word */
/** @typedef {"sure"|"loose"|"poor"|"silent"|"absent"} Verdict */

/* Scores are no probability: two lines are enough to see where to look. Of the words of twenty verses
   that a human reads, 13 % scored below .2 with the embedded Hebrew model, and 88 % with the text of
   another verse; of synthetic voices' words none scored below .5. */
const SURE = 0.5;
const LOOSE = 0.2;

/** @type {{verdict: Verdict, name: string, sample: string}[]} */
export const VERDICTS = [
  { verdict: "sure", sample: "word", name: `fits the sound (score ${SURE} and more)` },
  { verdict: "loose", sample: "word", name: `fits loosely (${LOOSE} to ${SURE})` },
  { verdict: "poor", sample: "word", name: `fits poorly (below ${LOOSE})` },
  { verdict: "silent", sample: "word", name: "not spelled by the model: its place, no score" },
  { verdict: "absent", sample: "word", name: "not heard" },
];

/** @param {Word} word @returns {Verdict} */
export function verdictOf(word) {
  if (word.status === "not_found") return "absent";
  if (word.status === "interpolated" || word.score === null) return "silent";
  return word.score >= SURE ? "sure" : word.score >= LOOSE ? "loose" : "poor";
}

/** @param {Word} word @returns {string} the same in words */
export function told(word) {
  return (VERDICTS.find(({ verdict }) => verdict === verdictOf(word))?.name ?? "").replace(/ \(.*/, "");
}
