/* How a language is set: its direction, its name, and which one a text is likely in. */

const RIGHT_TO_LEFT = new Set(["ar", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi"]);
const NAMES = new Intl.DisplayNames(["en"], { type: "language" });
const LETTERS = /** @type {const} */ ([["he", /\p{Script=Hebrew}/u], ["hi", /\p{Script=Devanagari}/u], ["en", /\p{Script=Latin}/u]]);

/** @param {string} language @returns {"rtl"|"ltr"} */
export function direction(language) {
  return RIGHT_TO_LEFT.has(language.split("-")[0]) ? "rtl" : "ltr";
}

/** @param {string} language @returns {string} in English */
export function nameOf(language) {
  try {
    return NAMES.of(language) ?? language;
  } catch {
    return language; // not a code that the browser knows
  }
}

/**
 * The language whose letters come first; it only picks typefaces, the server decides for itself.
 * @param {string} text
 * @returns {string} "" where there is none
 */
export function likely(text) {
  const letter = /\p{L}/u.exec(text)?.[0];
  return (letter && LETTERS.find(([, letters]) => letters.test(letter))?.[0]) || "";
}
