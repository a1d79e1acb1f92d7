/* Server-sent events out of the body of an answer; EventSource cannot send a file. */

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @yields {{event: string, data: any}} with the data already parsed as JSON
 */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const told = parsed(block);
      if (told) yield told;
    }
  }
}

/** @param {string} block @returns {{event: string, data: any}|null} null for a comment */
function parsed(block) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? { event, data: JSON.parse(data.join("\n")) } : null;
}
