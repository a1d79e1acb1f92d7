/* The microphone. What it took becomes a WAV file: those can be wound, and every program reads them. */

import { Problem } from "./problems.js";
import { wav } from "./wav.js";

const RATE = 16000; // Hz; what the models hear
const REFUSALS = /** @type {Record<string, string>} */ ({ NotAllowedError: "microphone_denied", SecurityError: "microphone_denied", NotFoundError: "microphone_missing" });

/** One recording, from start to stop. */
export class Recorder {
  /** @type {Blob[]} */
  #blocks = [];

  /** @param {MediaStream} stream */
  constructor(stream) {
    this.stream = stream;
    this.began = performance.now();
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.recorder = new MediaRecorder(stream);
    this.recorder.addEventListener("dataavailable", ({ data }) => this.#blocks.push(data));
    this.recorder.start();
  }

  /** @returns {Promise<Recorder>} one that records; throws a Problem */
  static async start() {
    if (!navigator.mediaDevices) throw new Problem("microphone_insecure");
    try {
      return new Recorder(await navigator.mediaDevices.getUserMedia({ audio: true }));
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      throw new Problem(REFUSALS[name] ?? "microphone_missing", String(error));
    }
  }

  /** Seconds so far. */
  get seconds() {
    return (performance.now() - this.began) / 1000;
  }

  /** How loud it is now, in [0, 1]. */
  get level() {
    const samples = new Float32Array(this.analyser.fftSize);
    this.analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    return Math.min(1, Math.sqrt(power) * 5);
  }

  /** @returns {Promise<File>} */
  async stop() {
    const stopped = new Promise((resolve) => this.recorder.addEventListener("stop", resolve, { once: true }));
    this.recorder.stop();
    await stopped;
    this.stream.getTracks().forEach((track) => track.stop());
    await this.context.close();
    return asWav(new Blob(this.#blocks));
  }
}

/** @param {Blob} taken @returns {Promise<File>} */
async function asWav(taken) {
  const decoder = new OfflineAudioContext(1, 1, RATE); // decoding also resamples to its rate
  const sound = await decoder.decodeAudioData(await taken.arrayBuffer());
  const at = new Date().toTimeString().slice(0, 5).replace(":", ".");
  return new File([wav(sound.getChannelData(0), RATE)], `recording ${at}.wav`, { type: "audio/wav" });
}
