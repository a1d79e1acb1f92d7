/* The sound, drawn and played, with the words that are in sight as regions. */

import WaveSurfer from "../vendor/wavesurfer/wavesurfer.esm.js";
import RegionsPlugin from "../vendor/wavesurfer/regions.esm.js";
import { calm } from "./dom.js";
import { clock } from "./figures.js";
import { Timeline } from "./timeline.js";
import { verdictOf } from "./verdict.js";

/** @typedef {import("./types.js").Answer} Answer */

const HEIGHT = 112; // px; the style that service/web/page.py lets in holds it
const READABLE = 70; // px a second, at which short words can be read
const CLOSEST = 1200; // px a second
const ZOOM = 1.6;
const MOST_REGIONS = 240; // in sight at once; more could not be read
/* A browser decodes a file whole, at its own rate: an hour of stereo at 48 kHz takes 1.4 GB. Past this
   the strip shows where words are instead of how loud it is. */
const MOST_DECODED_SEC = 15 * 60;
const BINS = 20; // of that strip, a second

/**
 * @typedef {object} Listener
 * @property {(seconds: number) => void} onTime
 * @property {(playing: boolean) => void} onPlaying
 * @property {(index: number) => void} onWord a region was clicked
 * @property {() => void} onUnplayable
 */

/** One recording on screen; closed before the next one comes. */
export class Waveform {
  /** @type {Map<number, any>} word -> its region */
  #shown = new Map();
  #timeline = new Timeline([]);
  /** @type {import("./types.js").Word[]} */
  #words = [];
  /** @type {number|null} */
  #spoken = null;
  #closing = new AbortController();

  /**
   * @param {HTMLElement} host
   * @param {Listener} listener
   */
  constructor(host, listener) {
    this.host = host;
    this.listener = listener;
    this.duration = 0;
    this.regions = RegionsPlugin.create();
    this.surfer = WaveSurfer.create({
      container: host,
      height: HEIGHT,
      barWidth: 2,
      barGap: 1.5,
      barRadius: 2,
      barHeight: 0.68, // leaves room for the words below
      cursorWidth: 2,
      normalize: true,
      autoScroll: true,
      autoCenter: !calm(),
      dragToSeek: false,
      plugins: [this.regions],
      ...palette(),
    });
    this.#listen();
  }

  /** Whether the strip shows the words instead of the sound. @param {number} seconds */
  static isCoarse(seconds) {
    return seconds > MOST_DECODED_SEC;
  }

  /**
   * Load a recording and its words.
   * @param {Blob} recording
   * @param {Answer} answer
   */
  async load(recording, answer) {
    this.duration = answer.duration_sec;
    this.scale = Math.max(READABLE, this.#fitting);
    const coarse = Waveform.isCoarse(this.duration) ? [[strip(answer), this.duration]] : [];
    try {
      await this.surfer.loadBlob(recording, ...(coarse.length ? [[coarse[0][0]], this.duration] : []));
    } catch {
      return; // told by the event
    }
    this.#zoom();
    this.show(answer);
  }

  /** Other words for the same recording. @param {Answer} answer */
  show(answer) {
    this.#words = answer.words;
    this.#timeline = new Timeline(answer.words);
    this.#clear();
    this.#draw();
  }

  /** @param {number|null} index the word that is being said */
  light(index) {
    const before = this.#spoken;
    this.#spoken = index;
    for (const changed of [before, index]) {
      if (changed !== null && this.#shown.has(changed)) this.#mark(changed);
    }
  }

  /** @param {number} start seconds @param {number} [end] where it stops, if not at the end */
  play(start, end) {
    return this.surfer.play(start, end);
  }

  toggle() {
    return this.surfer.playPause();
  }

  get seconds() {
    return this.surfer.getCurrentTime();
  }

  /** @param {number} seconds */
  seek(seconds) {
    this.surfer.setTime(Math.max(0, Math.min(this.duration, seconds)));
  }

  /** @param {number} rate 1: as it was said */
  speed(rate) {
    this.surfer.setPlaybackRate(rate, true);
  }

  /** @param {1|-1} way closer, or further off */
  zoom(way) {
    const scale = Math.max(this.scale ?? READABLE, this.#fitting);
    this.scale = Math.max(this.#fitting, Math.min(CLOSEST, scale * ZOOM ** way));
    this.#zoom();
  }

  close() {
    this.#closing.abort();
    this.surfer.destroy();
  }

  get #fitting() {
    return this.duration ? this.host.clientWidth / this.duration : READABLE;
  }

  #zoom() {
    const fits = (this.scale ?? 0) <= this.#fitting * 1.001;
    this.surfer.zoom(fits ? 0 : this.scale ?? 0);
    this.#draw();
  }

  #listen() {
    const { surfer, listener } = this;
    surfer.on("timeupdate", (/** @type {number} */ seconds) => {
      this.#tell(seconds);
      listener.onTime(seconds);
    });
    surfer.on("play", () => listener.onPlaying(true));
    surfer.on("pause", () => listener.onPlaying(false));
    surfer.on("finish", () => listener.onPlaying(false));
    surfer.on("error", () => listener.onUnplayable());
    for (const event of ["scroll", "redraw", "resize"]) surfer.on(event, () => this.#draw());
    this.regions.on("region-clicked", (/** @type {any} */ region, /** @type {MouseEvent} */ event) => {
      event.stopPropagation();
      listener.onWord(Number(region.id));
    });
    surfer.on("ready", () => this.#makeSlider());
    const options = { signal: this.#closing.signal };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => surfer.setOptions(palette()), options);
  }

  /** The strip scrolls and takes the focus by itself; so it is the slider, too. */
  #makeSlider() {
    const scroller = this.#scroller;
    const said = { role: "slider", tabindex: "0", "aria-label": "Place in the recording", "aria-valuemin": "0", "aria-valuemax": String(this.duration) };
    for (const [name, value] of Object.entries(said)) scroller.setAttribute(name, value);
    this.#tell(this.seconds);
    scroller.addEventListener("keydown", (event) => this.#press(/** @type {KeyboardEvent} */ (event)), { signal: this.#closing.signal });
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const to = { ArrowLeft: this.seconds - 1, ArrowRight: this.seconds + 1, Home: 0, End: this.duration }[event.key];
    if (to === undefined && event.key !== " ") return;
    event.preventDefault();
    if (to === undefined) this.toggle();
    else this.seek(to);
  }

  /** @param {number} seconds */
  #tell(seconds) {
    this.#scroller.setAttribute("aria-valuenow", seconds.toFixed(1));
    this.#scroller.setAttribute("aria-valuetext", clock(seconds));
  }

  /** @returns {HTMLElement} */
  get #scroller() {
    return this.surfer.getWrapper().parentElement;
  }

  #clear() {
    this.regions.clearRegions();
    this.#shown.clear();
  }

  /** Regions for the words in sight, and for no others: an hour has ten thousand. */
  #draw() {
    if (!this.duration || !this.#words.length) return;
    const { scrollLeft, clientWidth, scrollWidth } = this.#scroller;
    const second = scrollWidth / this.duration; // px
    const near = this.#timeline.within((scrollLeft - clientWidth) / second, (scrollLeft + 2 * clientWidth) / second);
    const wanted = new Map((near.length <= MOST_REGIONS ? near : []).map((word) => [word.index, word]));
    for (const [index, region] of this.#shown) {
      if (!wanted.has(index)) {
        region.remove();
        this.#shown.delete(index);
      }
    }
    for (const [index, { start, end }] of wanted) {
      if (!this.#shown.has(index)) this.#add(index, start, end);
    }
  }

  /** @param {number} index @param {number} start @param {number} end seconds */
  #add(index, start, end) {
    const region = this.regions.addRegion({ id: String(index), start, end, drag: false, resize: false, color: "transparent" });
    if (!region.element) return;
    const label = document.createElement("bdi");
    label.textContent = this.#words[index].word;
    region.element.append(label);
    this.#shown.set(index, region);
    this.#mark(index);
  }

  /** @param {number} index */
  #mark(index) {
    const { element } = this.#shown.get(index);
    const now = index === this.#spoken;
    element.setAttribute("part", now ? "region current" : "region");
    element.lastChild.setAttribute("part", `label ${now ? "label-current" : `label-${verdictOf(this.#words[index])}`}`);
  }
}

/** The colours of the strip, which is drawn and not styled. */
function palette() {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return { waveColor: colour("--wave"), progressColor: colour("--accent"), cursorColor: colour("--accent") };
}

/** Where words are, as if they were loud. @param {Answer} answer */
function strip(answer) {
  const bins = new Float32Array(Math.ceil(answer.duration_sec * BINS) + 1).fill(0.03);
  for (const { start, end, score } of answer.words) {
    if (start !== null && end !== null) bins.fill(0.25 + 0.75 * (score ?? 0), Math.floor(start * BINS), Math.ceil(end * BINS));
  }
  return bins;
}
