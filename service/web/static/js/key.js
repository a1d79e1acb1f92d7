/* The API key, where the server asks for one: kept in this tab, and gone with it. */

import { $ } from "./dom.js";

const PLACE = "kolvani-key";

/** @type {Promise<boolean>|null} one question for all requests that wait for it */
let asking = null;

/** @returns {Record<string, string>} the header that carries the key; none without */
export function authorization() {
  const key = sessionStorage.getItem(PLACE);
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** @param {Record<string, string>} sent the header that was refused @returns {Promise<boolean>} whether there is another key to try */
export function anotherKey(sent) {
  if ((authorization().Authorization ?? "") !== (sent.Authorization ?? "")) return Promise.resolve(true);
  asking ??= question(Boolean(sent.Authorization)).finally(() => {
    asking = null;
  });
  return asking;
}

/** @param {boolean} wrong whether one was given that is not known @returns {Promise<boolean>} */
function question(wrong) {
  const dialog = $("key");
  const field = $("key-field");
  $("key-told").textContent = wrong ? "That key is not known here." : "This server asks for an API key.";
  field.value = "";
  dialog.returnValue = "";
  $("key-leave").onclick = () => dialog.close();
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        const given = dialog.returnValue === "use" && field.value.trim();
        if (given) sessionStorage.setItem(PLACE, given);
        field.value = "";
        resolve(Boolean(given));
      },
      { once: true },
    );
  });
}
