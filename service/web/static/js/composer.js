/* The form: a recording, its text, and what is known about them. */

import { example } from "./api.js";
import { $, make } from "./dom.js";
import { sorted, takeDrops } from "./drop.js";
import { clock, size } from "./figures.js";
import { Problem } from "./problems.js";
import { Recorder } from "./recorder.js";
import { likely, nameOf } from "./scripts.js";

/** @typedef {import("./types.js").Order} Order */

/**
 * @typedef {object} Listener
 * @property {(order: Order) => void} onOrder
 * @property {(error: unknown) => void} onProblem
 * @property {() => void} onChange something is different: an old complaint no longer holds
 */

/** What is asked for, until it is asked. */
export class Composer {
  /** @type {File|null} */
  #file = null;
  /** @type {Recorder|null} */
  #recorder = null;

  /** @param {Listener} listener */
  constructor(listener) {
    this.listener = listener;
    $("choose").addEventListener("click", () => $("file").click());
    $("file").addEventListener("change", () => this.#take(Array.from($("file").files)));
    $("remove").addEventListener("click", () => this.#forget());
    $("record").addEventListener("click", () => this.#try(() => this.#record()));
    $("stop").addEventListener("click", () => this.#try(() => this.#stop()));
    $("text").addEventListener("input", () => this.#settle());
    $("form").addEventListener("submit", (/** @type {Event} */ event) => this.#submit(event));
    takeDrops($("well"), (files) => this.#put(files));
    this.#settle();
  }

  /** @returns {Order|null} null without a recording */
  get order() {
    const language = $("language").value;
    return this.#file && { file: this.#file, text: $("text").value, language, every: $("every").checked };
  }

  /** @param {string[]} codes */
  offerLanguages(codes) {
    $("language").append(...codes.map((code) => make("option", { value: code }, nameOf(code))));
  }

  /** @param {import("./types.js").Example[]} examples */
  offerExamples(examples) {
    $("examples").replaceChildren(...examples.map((one) => this.#example(one)));
    $("try").hidden = !examples.length;
  }

  /** @param {string} text in place of what stood there */
  write(text) {
    $("text").value = text;
    this.#settle();
  }

  /** Begin anew. */
  clear() {
    this.#forget();
    this.write("");
    $("every").checked = false;
  }

  /** @param {import("./types.js").Example} one */
  #example(one) {
    const button = make("button", { type: "button", class: "example" }, make("span", { class: "fine" }, nameOf(one.language)), make("bdi", { lang: one.language }, one.text));
    button.addEventListener("click", () => this.#try(async () => {
      this.#put({ audio: await example(one.name), text: one.text });
      if (this.order) this.listener.onOrder(this.order);
    }));
    return make("li", {}, button);
  }

  /** @param {File[]} files */
  async #take(files) {
    $("file").value = ""; // or the same file could not be chosen twice
    this.#put(await sorted(files));
  }

  /** @param {{audio: File|null, text: string|null}} files */
  #put({ audio, text }) {
    if (audio) this.#file = audio;
    if (text !== null) this.write(text.replace(/^\uFEFF/, "").trim());
    this.#settle();
    this.listener.onChange();
  }

  #forget() {
    this.#file = null;
    this.#settle();
    this.listener.onChange();
    $("choose").focus();
  }

  async #record() {
    const recorder = await Recorder.start();
    this.#recorder = recorder;
    this.#settle();
    this.listener.onChange();
    $("stop").focus();
    const tick = () => {
      if (this.#recorder !== recorder) return;
      $("clock").textContent = clock(recorder.seconds, 0);
      $("level").style.transform = `scaleX(${recorder.level.toFixed(3)})`;
      requestAnimationFrame(tick);
    };
    tick();
  }

  async #stop() {
    const recorder = this.#recorder;
    this.#recorder = null;
    this.#file = (await recorder?.stop()) ?? null;
    this.#settle();
    $("text").focus();
  }

  /** Show what there is. */
  #settle() {
    const text = $("text");
    text.lang = likely(text.value);
    $("go").textContent = text.value.trim() ? "Align the text" : "Write it down";
    $("every").disabled = !text.value.trim();
    $("empty").hidden = Boolean(this.#file || this.#recorder);
    $("taking").hidden = !this.#recorder;
    $("filled").hidden = !this.#file || Boolean(this.#recorder);
    $("well").toggleAttribute("data-filled", Boolean(this.#file));
    $("file-name").textContent = this.#file?.name ?? "";
    $("file-size").textContent = this.#file ? size(this.#file.size) : "";
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    if (this.#recorder) await this.#try(() => this.#stop());
    if (this.order) {
      this.listener.onOrder(this.order);
    } else {
      this.listener.onProblem(new Problem("no_recording"));
      $("choose").focus();
    }
  }

  /** @param {() => Promise<void>} act */
  async #try(act) {
    try {
      await act();
    } catch (error) {
      this.#settle();
      this.listener.onProblem(error);
    }
  }
}
