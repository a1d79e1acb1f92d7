/* The text on screen, word by word. One stop for Tab, arrow keys within. */

import { $, calm, make } from "./dom.js";
import { clock } from "./figures.js";
import { paragraphs } from "./pieces.js";
import { direction } from "./scripts.js";
import { told, verdictOf } from "./verdict.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Word} Word */

/**
 * @typedef {object} Listener
 * @property {(index: number) => void} onHear
 * @property {(index: number) => void} onPlayFrom
 * @property {() => void} onToggle
 * @property {() => void} onEdit
 */

/** The words of the answer that is shown. */
export class Words {
  /** @type {Word[]} */
  #words = [];
  /** @type {HTMLElement[]} */
  #elements = [];
  /** @type {number|null} */
  #spoken = null;
  #current = 0; // the one that Tab comes to

  /** @param {Listener} listener */
  constructor(listener) {
    this.listener = listener;
    this.host = $("words");
    this.host.addEventListener("click", (/** @type {MouseEvent} */ event) => this.#click(event));
    this.host.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#press(event));
    this.host.addEventListener("focusin", (/** @type {FocusEvent} */ event) => this.#visit(indexOf(event.target)));
    this.host.addEventListener("pointerover", (/** @type {PointerEvent} */ event) => this.#inspect(indexOf(event.target)));
  }

  /** @param {Answer} answer @param {string} text in which the words stand */
  show(answer, text) {
    this.#words = answer.words;
    this.#spoken = null;
    this.#current = 0;
    this.host.lang = answer.language;
    this.host.dir = direction(answer.language);
    const ends = new Set((answer.segments ?? []).map((segment) => segment.end_word));
    this.host.replaceChildren(...paragraphs(text, answer.words, ends).map((pieces) => make("p", { dir: this.host.dir }, ...pieces.map((piece) => (piece.index === null ? piece.text : this.#word(piece.text, piece.index))))));
    this.#elements = Array.from(this.host.querySelectorAll(".word"));
    this.#elements[0]?.setAttribute("tabindex", "0");
    $("inspector").textContent = "Point at a word, or go through the text with the arrow keys, for its time and score.";
  }

  /** @param {number|null} index the word that is being said @param {boolean} follow */
  light(index, follow) {
    if (index === this.#spoken) return;
    if (this.#spoken !== null) this.#elements[this.#spoken]?.classList.remove("spoken");
    this.#spoken = index;
    const element = index === null ? null : this.#elements[index];
    if (!element || index === null) return;
    element.classList.add("spoken");
    if (!follow) return;
    this.#inspect(index);
    element.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  }

  /** @param {string} text @param {number} index */
  #word(text, index) {
    const word = this.#words[index];
    const classes = `word ${verdictOf(word)}`;
    return make("span", { class: classes, role: "button", tabindex: "-1", "data-index": index, "aria-disabled": word.start === null && "true", "aria-describedby": "inspector" }, text);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const index = indexOf(event.target);
    if (index === null || String(getSelection())) return; // a text that is being marked to be copied
    this.#elements[index].focus({ preventScroll: true });
    if (event.shiftKey) this.listener.onPlayFrom(index);
    else this.listener.onHear(index);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const index = this.#current;
    const onward = this.host.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => this.#go(index + (onward === "ArrowLeft" ? 1 : -1)),
      ArrowRight: () => this.#go(index + (onward === "ArrowRight" ? 1 : -1)),
      ArrowUp: () => this.#go(index - 1),
      ArrowDown: () => this.#go(index + 1),
      Home: () => this.#go(0),
      End: () => this.#go(this.#words.length - 1),
      Enter: () => (event.shiftKey ? this.listener.onPlayFrom(index) : this.listener.onHear(index)),
      " ": () => this.listener.onToggle(),
      e: () => this.listener.onEdit(),
    };
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** @param {number} index */
  #go(index) {
    this.#elements[Math.max(0, Math.min(this.#elements.length - 1, index))]?.focus();
  }

  /** @param {number|null} index */
  #visit(index) {
    if (index === null) return;
    this.#elements[this.#current]?.setAttribute("tabindex", "-1");
    this.#elements[index].setAttribute("tabindex", "0");
    this.#current = index;
    this.#inspect(index);
  }

  /** @param {number|null} index */
  #inspect(index) {
    if (index === null) return;
    const word = this.#words[index];
    const facts = [word.start === null || word.end === null ? null : `${clock(word.start, 2)} to ${clock(word.end, 2)}`, word.score === null ? null : `score ${word.score.toFixed(2)}`, told(word)].filter(Boolean).join(" · ");
    const language = this.host.lang;
    const read = word.reading ? [" · read as ", make("bdi", { lang: language }, word.reading)] : [];
    $("inspector").replaceChildren(make("b", {}, make("bdi", { lang: language }, word.word)), "\u2002", facts, ...read);
  }
}

/** @param {EventTarget|null} target @returns {number|null} */
function indexOf(target) {
  const element = target instanceof Element ? target.closest(".word[data-index]") : null;
  return element instanceof HTMLElement ? Number(element.dataset.index) : null;
}
