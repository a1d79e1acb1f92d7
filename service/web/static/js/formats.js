/* What can be downloaded, and how it gets to the disk. */

import { written } from "./api.js";
import { $, make } from "./dom.js";
import { Problem } from "./problems.js";

/** @typedef {import("./types.js").Order} Order */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {{format: string, name: string, suffix: string}} Kind */

/** @type {{title: string, kinds: Kind[]}[]} */
const KINDS = [
  { title: "Subtitles", kinds: [{ format: "srt", name: "SRT", suffix: "srt" }, { format: "vtt", name: "WebVTT", suffix: "vtt" }, { format: "ass", name: "ASS karaoke", suffix: "ass" }] },
  { title: "Tables", kinds: [{ format: "csv", name: "CSV", suffix: "csv" }, { format: "tsv", name: "TSV", suffix: "tsv" }, { format: "txt", name: "Text", suffix: "txt" }] },
  { title: "Research", kinds: [{ format: "textgrid", name: "TextGrid", suffix: "TextGrid" }, { format: "ctm", name: "CTM", suffix: "ctm" }, { format: "audacity", name: "Audacity labels", suffix: "labels.txt" }] },
  { title: "Programs", kinds: [{ format: "json", name: "JSON", suffix: "json" }, { format: "verbose_json", name: "OpenAI JSON", suffix: "verbose.json" }, { format: "whisperx", name: "WhisperX JSON", suffix: "whisperx.json" }] },
];
const SUBTITLES = new Set(["srt", "vtt", "ass"]);
const JSONS = new Set(["json", "verbose_json", "whisperx"]);

/** @param {(kind: Kind) => Promise<void>} onChoice */
export function showFormats(onChoice) {
  const rows = KINDS.map(({ title, kinds }) => [make("dt", {}, title), make("dd", {}, ...kinds.map((kind) => button(kind, onChoice)))]);
  $("formats").replaceChildren(make("dl", { class: "kinds" }, ...rows.flat()));
}

/** @param {Kind} kind @param {(kind: Kind) => Promise<void>} onChoice */
function button(kind, onChoice) {
  const first = kind.format === KINDS[0].kinds[0].format; // what most come for
  const element = make("button", { type: "button", class: first ? "button primary" : "button", "data-format": kind.format }, kind.name);
  element.addEventListener("click", async () => {
    element.setAttribute("aria-busy", "true");
    await onChoice(kind);
    element.removeAttribute("aria-busy");
  });
  return element;
}

/**
 * Save the answer in a format; our own JSON is at hand, the server writes the others.
 * @param {Kind} kind
 * @param {Order} order that was answered
 * @param {Answer} answer
 * @param {boolean} marks whether subtitles get right-to-left marks
 * @returns {Promise<string>} the file's name
 */
export async function download(kind, order, answer, marks) {
  const name = `${order.file.name.replace(/\.[^.]*$/, "")}.${kind.suffix}`;
  if (kind.format === "json") save(new Blob([JSON.stringify(answer, null, 1)], { type: "application/json" }), name);
  else save(await rendered(kind, order, answer, marks), name);
  return name;
}

/** @param {Kind} kind @param {Order} order @param {Answer} answer @param {boolean} marks */
async function rendered(kind, order, answer, marks) {
  const fields = { format: kind.format, ...(marks && SUBTITLES.has(kind.format) ? { bidi: "marks" } : {}) };
  const file = await written({ ...order, language: answer.language }, fields);
  // A server that knows no `format` answers with its own JSON all the same.
  if (!JSONS.has(kind.format) && file.type.startsWith("application/json")) throw new Problem("no_format");
  return file;
}

/** @param {Blob} content @param {string} name */
function save(content, name) {
  const href = URL.createObjectURL(content);
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser reads it after the click
}
