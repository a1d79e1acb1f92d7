// The time of every word of a text, with fetch: in Node 20 and, but for the files, in browsers.
// Usage: node with_fetch.mjs [server] [audio] [text]
import { readFile } from "node:fs/promises";

const beside = (name) => new URL(`../${name}`, import.meta.url);
const [server = "http://localhost:8000", audio = beside("he-1.wav"), text = beside("he-1.txt")] =
  process.argv.slice(2);

const form = new FormData();
form.append("audio", new Blob([await readFile(audio)]), "audio.wav");
form.append("transcript", await readFile(text, "utf-8"));

const response = await fetch(`${server}/align`, { method: "POST", body: form });
const answer = await response.json();
if (!response.ok) {
  // The one shape of all errors: {"error": {"code", "message", ...}}
  console.error(answer.error.message);
  process.exit(1);
}
for (const { start, end, score, word } of answer.words) {
  console.log(start, end, score, word);
}
