/* The request as a line for a shell. */

import { address, task } from "./api.js";
import { authorization } from "./key.js";

/** @typedef {import("./types.js").Order} Order */

/** @param {Order} order @returns {string} to be run where the recording lies */
export function curlOf(order) {
  // Quoted twice: for curl, whose -F knows ; and , and for the shell.
  const file = order.file.name.replace(/[\\"]/g, "\\$&");
  const parts = ["curl", `-F ${quoted(`audio=@"${file}"`)}`];
  if (authorization().Authorization) parts.push('-H "Authorization: Bearer $KOLVANI_KEY"'); // not the key itself
  if (order.text.trim()) parts.push(`--form-string ${quoted(`transcript=${order.text}`)}`); // @ and < are letters there
  if (order.language !== "auto") parts.push(`-F language=${order.language}`);
  if (order.text.trim() && order.every) parts.push("-F gaps=none");
  return [...parts, quoted(address(task(order)))].join(" ");
}

/** @param {string} text @returns {string} that no POSIX shell reads anything into */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
