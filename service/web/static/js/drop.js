/* Files that are dropped anywhere on the page. */

const TEXT = /\.(txt|md)$/i;

/**
 * @param {HTMLElement} well lights up while something hangs above the page
 * @param {(files: {audio: File|null, text: string|null}) => void} onFiles
 */
export function takeDrops(well, onFiles) {
  const over = (/** @type {boolean} */ is) => well.toggleAttribute("data-over", is);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) over(false);
  });
  addEventListener("drop", async (event) => {
    event.preventDefault();
    over(false);
    const files = Array.from(event.dataTransfer?.files ?? []);
    if (files.length) onFiles(await sorted(files));
  });
}

/**
 * A recording and its text, out of what came; the last of each counts.
 * @param {File[]} files
 * @returns {Promise<{audio: File|null, text: string|null}>}
 */
export async function sorted(files) {
  const isText = (/** @type {File} */ file) => file.type.startsWith("text/") || TEXT.test(file.name);
  const text = files.filter(isText).pop();
  return { audio: files.filter((file) => !isText(file)).pop() ?? null, text: text ? await text.text() : null };
}
