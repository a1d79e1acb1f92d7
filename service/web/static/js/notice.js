/* The one place where something that went wrong is said. */

import { $, isolated, make } from "./dom.js";
import { inWords } from "./problems.js";

let waiting = 0; // the timer of a server that asked for time

/**
 * @param {unknown} error
 * @param {() => void} [retry] offered where it may help
 */
export function complain(error, retry) {
  clearInterval(waiting);
  const { title, detail, retrySec, again } = inWords(error);
  const parts = [make("strong", {}, title), ...(detail ? [make("p", { class: "fine" }, ...isolated(detail))] : [])];
  if (retry && again) parts.push(retryRow(retry, retrySec));
  $("notice").replaceChildren(...parts);
  $("notice").hidden = false;
  $("notice").scrollIntoView({ block: "nearest" });
}

/** Nothing is wrong any more. */
export function settle() {
  clearInterval(waiting);
  $("notice").hidden = true;
  $("notice").replaceChildren();
}

/** @param {() => void} retry @param {number|null} seconds after which the server wants to be asked */
function retryRow(retry, seconds) {
  const button = make("button", { type: "button", class: "button" });
  let left = Math.ceil(seconds ?? 0);
  const tell = () => {
    button.textContent = left > 0 ? `Try again in ${left} s` : "Try again";
    button.toggleAttribute("disabled", left > 0);
    if (left <= 0) clearInterval(waiting);
    left -= 1;
  };
  tell();
  if (seconds) waiting = setInterval(tell, 1000);
  button.addEventListener("click", () => {
    settle();
    retry();
  });
  return make("div", { class: "pair" }, button);
}
