/* What went wrong, in plain words. */

import { clock, size } from "./figures.js";

/** A refusal of the server, or of the page in its place. */
export class Problem extends Error {
  /**
   * @param {string} code as in the API's errors
   * @param {string} message the server's own words
   * @param {Record<string, any>} facts
   */
  constructor(code, message = "", facts = {}) {
    super(message);
    this.code = code;
    this.facts = facts;
  }
}

const UNKNOWN = "data of no known format"; // as service/audio.py says it

/** @type {Record<string, (facts: Record<string, any>) => string>} */
const TITLES = {
  no_recording: () => "Choose a recording first, or record one.",
  unreachable: () => "The server cannot be reached. Is it still running?",
  broken_off: () => "The connection broke before the answer was whole.",
  overloaded: () => "The server is busy.",
  not_ready: () => "The models are still loading.",
  storage_full: () => "The server has no room for a recording this long just now.",
  decoder_failed: () => "The server could not read the recording just now. Try again.",
  upload_too_large: ({ max_upload_bytes: most }) => (most ? `The recording is too large: this server takes up to ${size(most)}.` : "The text is too long."),
  audio_too_long: ({ max_audio_sec: most }) => `The recording is too long: this server takes up to ${clock(most ?? 0, 0)}. Cut it into parts.`,
  unsupported_audio: ({ recognized }) => `This is not a recording that can be read${recognized && recognized !== UNKNOWN ? `: it looks like ${recognized}` : ""}.`,
  corrupt_audio: () => "The recording is damaged and cannot be read.",
  empty_audio: () => "There is no sound in this file.",
  invalid_samples: () => "The recording holds values that are no sound.",
  no_speech: () => "Nothing is said in this recording: it is silent.",
  empty_transcript: () => "There is no text to align.",
  nothing_to_align: () => "Nothing in this text can be spoken by the model. Is it the right language?",
  undecided_language: () => "The text does not tell its language. Choose it under Language.",
  transcript_too_long: () => "There is more text than the recording can hold. Do they belong together?",
  unknown_language: () => "This server has no model for that language.",
  unknown_model: () => "This server does not have that model.",
  internal: () => "Something went wrong on the server. It has been logged.",
  no_format: () => "This server does not write that format.",
  microphone_denied: () => "The microphone may not be used. Allow it in the browser's address bar, and try again.",
  microphone_missing: () => "No microphone was found.",
  microphone_insecure: () => "Browsers lend the microphone only to pages of https or of this same machine.",
  copy_failed: () => "The browser did not let it be copied.",
};

/**
 * @param {unknown} error
 * @returns {{title: string, detail: string, retrySec: number|null, again: boolean}}
 */
export function inWords(error) {
  const problem = error instanceof Problem ? error : new Problem("internal_page", String(error));
  const title = TITLES[problem.code]?.(problem.facts) ?? "That did not work.";
  const retrySec = problem.facts.retry_after_sec ?? null;
  const again = retrySec !== null || ["unreachable", "broken_off", "internal"].includes(problem.code);
  return { title, detail: problem.message, retrySec, again };
}
