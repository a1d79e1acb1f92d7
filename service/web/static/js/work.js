/* What is seen while the server listens. */

import { $ } from "./dom.js";
import { clock } from "./figures.js";

/** Nothing is known yet but that it began. */
export function begin() {
  $("work-told").textContent = "Sending the recording";
  $("work-bar").removeAttribute("value");
}

/** @param {import("./types.js").Progress} progress */
export function tell({ done_sec: done, duration_sec: duration }) {
  const share = duration ? Math.min(1, done / duration) : 0;
  $("work-bar").value = share;
  $("work-told").textContent = share < 1 ? `${clock(done, 0)} of ${clock(duration, 0)} heard` : "Placing the words";
}
