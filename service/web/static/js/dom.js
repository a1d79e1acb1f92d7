/* The few words in which the rest speaks to the document. */

/**
 * The element of that id.
 * @param {string} id
 * @returns {any}
 */
export function $(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`expected an element #${id}, got none`);
  return found;
}

/**
 * A new element; texts are texts, never markup.
 * @param {string} tag
 * @param {Record<string, string|number|boolean|null|undefined>} attributes those without value are left out
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/**
 * A message of the server, in which words of any script stand in quotes: each keeps its own direction.
 * @param {string} text
 * @returns {(Node|string)[]}
 */
export function isolated(text) {
  return text.split(/'([^']*)'/).flatMap((part, index) => (index % 2 ? ["'", make("bdi", {}, part), "'"] : part));
}

/** @returns {boolean} whether things should stay where they are */
export function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
