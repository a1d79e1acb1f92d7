/* What stands beside the words: the facts, the legend, and whatever somebody should look at. */

import { $, isolated, make } from "./dom.js";
import { clock } from "./figures.js";
import { nameOf } from "./scripts.js";
import { VERDICTS, verdictOf } from "./verdict.js";

/** @typedef {import("./types.js").Answer} Answer */

/** @param {Answer} answer */
export function showFacts(answer) {
  const timed = answer.words.filter(({ start }) => start !== null).length;
  const spent = Object.values(answer.timings).reduce((sum, seconds) => sum + seconds, 0);
  const facts = [
    answer.quality === undefined ? fact(String(timed), timed === 1 ? "word heard" : "words heard") : fact(`${timed} of ${answer.words.length}`, "words found"),
    ...(answer.quality === undefined ? [] : [fact(answer.quality.toFixed(2), "quality")]),
    make("span", { title: answer.choice.reason }, `${nameOf(answer.language)}, by ${answer.model}`),
    make("span", { id: "cached", "data-cached": String(answer.cached) }, answer.cached ? `${spent.toFixed(2)} s, not heard again` : `heard in ${spent.toFixed(2)} s`),
  ];
  $("facts").replaceChildren(...facts);
}

/** @param {string} figure @param {string} of */
function fact(figure, of) {
  return make("span", {}, make("b", {}, figure), ` ${of}`);
}

/** Every mark that occurs, with its number. @param {Answer} answer */
export function showLegend(answer) {
  const counts = new Map();
  for (const word of answer.words) counts.set(verdictOf(word), (counts.get(verdictOf(word)) ?? 0) + 1);
  const items = VERDICTS.filter(({ verdict }) => counts.has(verdict)).map(({ verdict, sample, name }) => make("li", {}, make("span", { class: `word ${verdict}`, "aria-hidden": "true" }, sample), `${name}: ${counts.get(verdict)}`));
  $("legend").replaceChildren(...items);
}

/**
 * @param {Answer} answer
 * @param {(start: number, end: number) => void} play
 */
export function showRemarks(answer, play) {
  const warnings = answer.warnings.map((warning) => remark("Look at this", "warn", make("p", {}, ...isolated(warning))));
  const unspoken = texts(answer.unspoken ?? [], answer.language);
  const unwritten = (answer.unwritten ?? []).map((passage) => {
    const button = make("button", { type: "button", class: "link" }, `${clock(passage.start)} to ${clock(passage.end)}`);
    button.addEventListener("click", () => play(passage.start, passage.end));
    return make("p", {}, button, " ", make("bdi", { lang: answer.language }, passage.text));
  });
  $("remarks").replaceChildren(...warnings, ...(unspoken.length ? [remark("Written, not heard", "", ...unspoken)] : []), ...(unwritten.length ? [remark("Heard, not written", "", ...unwritten)] : []));
}

/** @param {{text: string}[]} passages @param {string} language */
function texts(passages, language) {
  return passages.map(({ text }) => make("p", {}, make("bdi", { lang: language }, text)));
}

/** @param {string} title @param {string} kind @param {...Node} content */
function remark(title, kind, ...content) {
  return make("div", { class: `remark ${kind}` }, make("h3", {}, title), ...content);
}
