/* The page: a form, the work, and what came of it. */

import { ask, languages, settings, task } from "./api.js";
import { Composer } from "./composer.js";
import { curlOf } from "./curl.js";
import { $ } from "./dom.js";
import { download, showFormats } from "./formats.js";
import { complain, settle } from "./notice.js";
import { Player } from "./player.js";
import { Problem } from "./problems.js";
import { showFacts, showLegend, showRemarks } from "./remarks.js";
import { direction, likely } from "./scripts.js";
import { Words } from "./words.js";
import * as work from "./work.js";

/** @typedef {import("./types.js").Order} Order */
/** @typedef {import("./types.js").Answer} Answer */

const RETRY_MS = 1000; // while the models load

/** @type {{order: Order, answer: Answer, text: string}|null} what is shown */
let shown = null;
/** @type {AbortController|null} */
let working = null;
let mostBytes = Infinity;

const composer = new Composer({ onOrder: start, onProblem: complain, onChange: settle });
const words = new Words({
  onHear: (index) => player.hear(index),
  onPlayFrom: (index) => player.from(index),
  onToggle: () => player.toggle(),
  onEdit: () => editing(true),
});
const player = new Player((index, playing) => words.light(index, playing));

/** @param {"compose"|"work"|"result"} name */
function view(name) {
  document.documentElement.dataset.view = name;
  $("composer").hidden = name !== "compose";
  $("work").hidden = name !== "work";
  $("result").hidden = name !== "result";
}

/** A new recording. @param {Order} order */
async function start(order) {
  view("work");
  $("work-title").textContent = task(order) === "align" ? "Finding every word" : "Writing it down";
  $("work-title").focus();
  work.begin();
  const answer = await answered(order, () => start(order), work.tell);
  if (!answer) {
    view("compose");
    return;
  }
  view("result"); // before anything is drawn: the strip needs its width
  show(order, answer);
  scrollTo({ top: 0 });
  $("result-title").focus({ preventScroll: true });
  await player.open(order.file, answer);
}

/** The same recording with another text. */
async function revise() {
  if (!shown) return;
  const order = { ...shown.order, text: $("revised").value };
  $("realign").disabled = true;
  $("realign").textContent = "Aligning …";
  const answer = await answered(order, revise);
  $("realign").disabled = false;
  $("realign").textContent = "Align again";
  if (!answer) return;
  composer.write(order.text);
  show(order, answer);
  player.revise(answer);
  $("edit").focus();
}

/**
 * The server's answer, or null where there is none: it was stopped, or the complaint is on screen.
 * @param {Order} order
 * @param {() => void} retry
 * @param {(progress: import("./types.js").Progress) => void} [onProgress]
 * @returns {Promise<Answer|null>}
 */
async function answered(order, retry, onProgress) {
  settle();
  working?.abort();
  const { signal } = (working = new AbortController());
  try {
    if (order.file.size > mostBytes) throw new Problem("upload_too_large", "", { max_upload_bytes: mostBytes });
    return await ask(order, { signal, onProgress });
  } catch (error) {
    if (!signal.aborted) complain(error, retry);
    return null;
  }
}

/** @param {Order} order @param {Answer} answer */
function show(order, answer) {
  const text = order.text.trim() ? order.text : answer.text ?? "";
  shown = { order, answer, text };
  editing(false);
  $("result-name").textContent = order.file.name;
  showFacts(answer);
  showLegend(answer);
  showRemarks(answer, (from, to) => player.play(from, to));
  words.show(answer, text);
  $("bidi-choice").hidden = direction(answer.language) !== "rtl";
  $("export-told").textContent = "";
}

/** @param {boolean} on whether the text is being changed */
function editing(on) {
  const was = !$("revise").hidden;
  $("read").hidden = on;
  $("edit").hidden = on;
  $("revise").hidden = !on;
  if (on) {
    $("revised").value = shown?.text ?? "";
    $("revised").lang = likely($("revised").value);
    $("revised").focus();
  } else if (was) {
    $("edit").focus();
  }
}

/** @param {KeyboardEvent} event */
function press(event) {
  const form = event.target instanceof HTMLTextAreaElement ? event.target.form : null;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form) form.requestSubmit();
  if (event.key === "Escape" && !$("work").hidden) working?.abort();
  if (event.key === "Escape" && form === $("revise")) editing(false);
}

function anew() {
  player.close();
  shown = null;
  settle();
  view("compose");
  composer.clear();
}

async function copyCurl() {
  if (!shown) return;
  try {
    await navigator.clipboard.writeText(curlOf(shown.order));
    $("export-told").textContent = "Copied. Run it where the recording lies.";
  } catch {
    complain(new Problem("copy_failed"));
  }
}

/** What the server knows and the page must ask for; models may still load. */
async function prepare() {
  try {
    const { examples, max_upload_bytes: most } = await settings();
    mostBytes = most;
    composer.offerExamples(examples);
    composer.offerLanguages(await languages());
    settle();
  } catch (error) {
    complain(error, prepare);
    if (error instanceof Problem && error.code === "not_ready" && error.facts.retry_after_sec) setTimeout(prepare, RETRY_MS);
  }
}

showFormats(async (kind) => {
  if (!shown) return;
  try {
    settle();
    $("export-told").textContent = `Saved ${await download(kind, shown.order, shown.answer, $("bidi").checked && !$("bidi-choice").hidden)}`;
  } catch (error) {
    complain(error);
  }
});
$("cancel").addEventListener("click", () => working?.abort());
$("again").addEventListener("click", anew);
$("edit").addEventListener("click", () => editing(true));
$("leave").addEventListener("click", () => editing(false));
$("curl").addEventListener("click", copyCurl);
$("open-keys").addEventListener("click", () => $("keys").showModal());
$("revise").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  revise();
});
addEventListener("keydown", press);
await prepare();
