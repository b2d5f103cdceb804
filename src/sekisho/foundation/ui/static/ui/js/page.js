// What every module needs: words, the CSRF token, the live region, and a way to meet elements that come later.

let words = null;

/** The word for `key`, its {places} filled from `values`. */
export function word(key, values = {}) {
  words ??= JSON.parse(document.getElementById("ui-words")?.textContent ?? "{}");
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** Say `text` to those who cannot see it. */
export function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

/** Call `start` once for each element that matches, now and whenever htmx brings new ones. */
export function whenPresent(selector, start) {
  const met = new WeakSet();
  const meet = (root) => {
    const found = [...(root.matches?.(selector) ? [root] : []), ...root.querySelectorAll(selector)];
    for (const element of found) {
      if (met.has(element)) continue;
      met.add(element);
      start(element);
    }
  };
  meet(document);
  document.addEventListener("htmx:load", (event) => meet(event.target));
}

/** An element with a class, text and children. */
export function make(tag, { className = "", text = "", ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function sizeInWords(bytes) {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
