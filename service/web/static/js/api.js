/* Everything that is asked of the server. Paths are relative, so that a prefix in front does no harm. */

import { events } from "./events.js";
import { anotherKey, authorization } from "./key.js";
import { Problem } from "./problems.js";

/** @typedef {import("./types.js").Order} Order */
/** @typedef {import("./types.js").Answer} Answer */

const UNAUTHORIZED = 401;
const ROOT = new URL("../../", import.meta.url);

/** @returns {Promise<import("./types.js").Settings>} */
export async function settings() {
  return (await request("ui/settings.json")).json();
}

/** @returns {Promise<string[]>} codes of the languages; throws not_ready while models load */
export async function languages() {
  const { languages: found } = await (await request("languages")).json();
  return found.map((/** @type {{language: string}} */ { language }) => language);
}

/** @param {string} name @returns {Promise<File>} an example's recording */
export async function example(name) {
  const answer = await request(`ui/examples/${encodeURIComponent(name)}`);
  return new File([await answer.blob()], name, { type: "audio/wav" });
}

/**
 * Have a text aligned, or speech written down.
 * @param {Order} order
 * @param {{signal?: AbortSignal, onProgress?: (progress: import("./types.js").Progress) => void}} options
 * @returns {Promise<Answer>}
 */
export async function ask(order, { signal, onProgress } = {}) {
  const answer = await post(order, { stream: "true" }, signal);
  if (!isEvents(answer) || !answer.body) return answer.json();
  try {
    for await (const { event, data } of events(answer.body)) {
      if (event === "progress") onProgress?.(data);
      if (event === "result") return data;
      if (event === "error") throw refusal(data);
    }
  } catch (error) {
    if (signal?.aborted || error instanceof Problem) throw error;
  }
  throw new Problem("broken_off");
}

/**
 * The same, written in one of the formats.
 * @param {Order} order
 * @param {Record<string, string>} fields `format` and its options
 * @returns {Promise<Blob>}
 */
export async function written(order, fields) {
  return (await post(order, fields)).blob();
}

/** @param {Order} order @returns {"align"|"transcribe"} */
export function task(order) {
  return order.text.trim() ? "align" : "transcribe";
}

/** @returns {string} the address of a task, for others to call */
export function address(/** @type {string} */ path) {
  return new URL(path, ROOT).href;
}

/** @param {Order} order @param {Record<string, string>} fields @param {AbortSignal} [signal] */
function post(order, fields, signal) {
  const form = new FormData();
  form.append("audio", order.file, order.file.name);
  // As a file: in a text field, line breaks would become two characters, and all places shift.
  if (order.text.trim()) form.append("transcript", new Blob([order.text], { type: "text/plain" }), "text.txt");
  form.append("language", order.language);
  if (order.text.trim() && order.every) form.append("gaps", "none");
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return request(task(order), { method: "POST", body: form, signal });
}

/** @param {string} path @param {RequestInit} [init] */
async function request(path, init) {
  let answer;
  let headers;
  do {
    headers = authorization();
    try {
      answer = await fetch(new URL(path, ROOT), { ...init, headers });
    } catch (error) {
      if (init?.signal?.aborted) throw error;
      throw new Problem("unreachable");
    }
    if (answer.ok) return answer;
  } while (answer.status === UNAUTHORIZED && (await anotherKey(headers)));
  const body = await answer.json().catch(() => ({ error: { code: "internal", message: `status ${answer.status}` } }));
  const later = Number(answer.headers.get("Retry-After"));
  throw refusal(body, later ? { retry_after_sec: later } : {});
}

/** @param {{error: {code: string, message: string}}} body @param {Record<string, any>} more */
function refusal({ error }, more = {}) {
  return new Problem(error.code, error.message, { ...error, ...more });
}

/** @param {Response} answer */
function isEvents(answer) {
  return (answer.headers.get("Content-Type") ?? "").startsWith("text/event-stream");
}
