/* The waveform with its buttons. */

import { $ } from "./dom.js";
import { clock } from "./figures.js";
import { Timeline } from "./timeline.js";
import { Waveform } from "./waveform.js";

/** @typedef {import("./types.js").Answer} Answer */

const UNPLAYABLE = "This browser cannot play this kind of file. The times below hold all the same.";
const COARSE = "A recording this long is not drawn: the strip shows where words are, and how well they fit.";

/** What plays the recording that is shown. */
export class Player {
  /** @type {Waveform|null} */
  #wave = null;
  #timeline = new Timeline([]);
  /** @type {Answer|null} */
  #answer = null;
  #playing = false;

  /** @param {(index: number|null, playing: boolean) => void} onSpoken the word that is being said */
  constructor(onSpoken) {
    this.onSpoken = onSpoken;
    $("play").addEventListener("click", () => this.toggle());
    $("zoom-in").addEventListener("click", () => this.#wave?.zoom(1));
    $("zoom-out").addEventListener("click", () => this.#wave?.zoom(-1));
    $("speed").addEventListener("change", () => this.#wave?.speed(Number($("speed").value)));
  }

  /** @param {File} file @param {Answer} answer */
  async open(file, answer) {
    this.close();
    this.#note(Waveform.isCoarse(answer.duration_sec) ? COARSE : "");
    $("play").disabled = false;
    $("end").textContent = clock(answer.duration_sec);
    this.#wave = new Waveform($("wave"), {
      onTime: (seconds) => this.#tell(seconds),
      onPlaying: (playing) => this.#show(playing),
      onWord: (index) => this.hear(index),
      onUnplayable: () => this.#fail(),
    });
    this.#wave.speed(Number($("speed").value));
    this.#use(answer);
    this.#tell(0);
    await this.#wave.load(file, answer);
  }

  /** Other words for the recording that is open. @param {Answer} answer */
  revise(answer) {
    this.#use(answer);
    this.#wave?.show(answer);
    this.#tell(this.#wave?.seconds ?? 0);
  }

  toggle() {
    this.#wave?.toggle();
  }

  /** @param {number} index play that word alone */
  hear(index) {
    const { start, end } = this.#answer?.words[index] ?? {};
    if (typeof start === "number" && typeof end === "number") this.play(start, end);
  }

  /** @param {number} index play from that word on */
  from(index) {
    const start = this.#answer?.words[index]?.start;
    if (typeof start === "number") this.play(start);
  }

  /** @param {number} start seconds @param {number} [end] */
  play(start, end) {
    this.#wave?.play(start, end);
  }

  close() {
    this.#wave?.close();
    this.#wave = null;
    this.#show(false);
  }

  /** @param {Answer} answer */
  #use(answer) {
    this.#answer = answer;
    this.#timeline = new Timeline(answer.words);
  }

  /** @param {number} seconds */
  #tell(seconds) {
    $("now").textContent = clock(seconds);
    const index = this.#timeline.at(seconds);
    this.#wave?.light(index);
    this.onSpoken(index, this.#playing);
  }

  /** @param {boolean} playing */
  #show(playing) {
    this.#playing = playing;
    $("play").toggleAttribute("data-playing", playing);
    $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  }

  #fail() {
    this.close();
    this.#note(UNPLAYABLE);
    $("play").disabled = true;
  }

  /** @param {string} text */
  #note(text) {
    $("wave").hidden = text === UNPLAYABLE;
    $("wave-note").hidden = !text;
    $("wave-note").textContent = text;
  }
}
