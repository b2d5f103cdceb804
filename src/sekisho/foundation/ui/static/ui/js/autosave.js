// Saves each field of a form by itself: `<form data-autosave="address" data-version="3">`.
//
// A field is an element with `data-field="name"` (see ui/forms/field.html). When it changes, all inputs in it are
// POSTed with `field` and `version`, and the inputs marked `data-goes-along`. The server answers with JSON:
//   200 {"version": 4}                                          saved
//   422 {"errors": ["..."]}                                     refused, nothing was stored
//   409 {"version": 5, "theirs": "...", "values": {"name": ["..."]}, "by": "..."}   somebody was faster
// `theirs` is for reading, `values` (input name to values) for putting into the inputs. Without a connection the input
// is kept in this tab (sessionStorage) and sent when the connection is back. Nothing is ever kept of password inputs.
import { announce, csrfToken, make, whenPresent, word } from "./page.js";
import { showAnswer } from "./answers.js";

const WAIT_AFTER_TYPING = 800; // ms
const RETRY_EVERY = 15000; // ms
const MAX_DRAFT = 20000; // characters of one input

const inputsOf = (field) =>
  [...field.querySelectorAll("input, select, textarea")].filter(
    (input) => input.name && !["password", "file", "submit", "hidden"].includes(input.type),
  );

/** The field's inputs as [name, value] pairs, as a form would send them. */
function pairsOf(field) {
  const pairs = [];
  for (const input of inputsOf(field)) {
    if (input.disabled) continue;
    if (["checkbox", "radio"].includes(input.type) && !input.checked) continue;
    if (input.type === "select-multiple") for (const option of input.selectedOptions) pairs.push([input.name, option.value]);
    else pairs.push([input.name, input.value]);
  }
  return pairs;
}

/** What a person reads in the field's inputs: labels of what is chosen, never codes; nothing of empty ones. */
function shownIn(field) {
  const shown = [];
  for (const input of inputsOf(field)) {
    if (input.disabled) continue;
    if (["checkbox", "radio"].includes(input.type)) {
      if (input.checked) shown.push((input.labels[0]?.textContent ?? input.value).trim());
    } else if (input.tagName === "SELECT") for (const option of input.selectedOptions) shown.push(option.value && option.text);
    else shown.push(input.value);
  }
  return shown.filter(Boolean);
}

/** Put `values` (name to list of values) into the field's inputs. */
function fill(field, values) {
  for (const input of inputsOf(field)) {
    const wanted = values[input.name] ?? [];
    if (["checkbox", "radio"].includes(input.type)) input.checked = wanted.includes(input.value);
    else if (input.tagName === "SELECT") for (const option of input.options) option.selected = wanted.includes(option.value);
    else input.value = wanted[0] ?? "";
  }
  for (const answer of field.querySelectorAll("[data-answer]")) showAnswer(answer);
}

function asValues(pairs) {
  const values = {};
  for (const [name, value] of pairs) (values[name] ??= []).push(value);
  return values;
}

class Drafts {
  constructor(address) {
    this.prefix = `sekisho-draft:${address}:`;
  }

  keep(name, pairs) {
    const kept = pairs.map(([key, value]) => [key, value.slice(0, MAX_DRAFT)]);
    try {
      sessionStorage.setItem(this.prefix + name, JSON.stringify(kept));
    } catch {
      // No room or not allowed: the input on the page is still there.
    }
  }

  drop(name) {
    try {
      sessionStorage.removeItem(this.prefix + name);
    } catch {
      // See keep.
    }
  }

  take(name) {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.prefix + name) ?? "null");
      return Array.isArray(kept) ? kept : null;
    } catch {
      return null;
    }
  }
}

class Autosave {
  constructor(form) {
    this.form = form;
    this.address = form.dataset.autosave;
    this.drafts = new Drafts(this.address);
    this.waiting = new Set(); // fields to send, in order
    this.timers = new Map();
    this.saved = new Map(); // field -> what the server has
    this.busy = false;
    this.stuck = null; // timer of the next attempt
    for (const field of this.fields) this.saved.set(field, JSON.stringify(pairsOf(field)));
    form.addEventListener("input", (event) => this.typed(event));
    form.addEventListener("change", (event) => this.changed(event));
    addEventListener("online", () => this.send());
    addEventListener("beforeunload", (event) => this.leaving(event));
    this.restore();
  }

  get fields() {
    return [...this.form.querySelectorAll("[data-field]")];
  }

  typed(event) {
    const field = event.target.closest("[data-field]");
    if (!field) return;
    this.drafts.keep(field.dataset.field, pairsOf(field));
    clearTimeout(this.timers.get(field));
    this.timers.set(field, setTimeout(() => this.queue(field), WAIT_AFTER_TYPING));
  }

  changed(event) {
    const field = event.target.closest("[data-field]");
    if (!field) return;
    clearTimeout(this.timers.get(field));
    this.drafts.keep(field.dataset.field, pairsOf(field));
    this.queue(field);
  }

  /** After a reload without connection: what was typed comes back and is sent again. */
  restore() {
    let restored = false;
    for (const field of this.fields) {
      const kept = this.drafts.take(field.dataset.field);
      if (!kept || JSON.stringify(kept) === this.saved.get(field)) continue;
      fill(field, asValues(kept));
      restored = true;
      this.queue(field);
    }
    if (restored) announce(word("restored"));
  }

  queue(field) {
    this.timers.delete(field);
    if (JSON.stringify(pairsOf(field)) === this.saved.get(field)) return this.drafts.drop(field.dataset.field);
    this.waiting.add(field);
    return this.send();
  }

  /** One request at a time, so that versions follow each other. */
  async send() {
    if (this.busy || !this.waiting.size) return;
    this.busy = true;
    clearTimeout(this.stuck);
    const field = this.waiting.values().next().value;
    const pairs = pairsOf(field);
    show(field, "saving");
    // Inputs that belong to every field, such as the reason of the changes.
    const along = [...this.form.querySelectorAll("[data-goes-along]")].map((input) => [input.name, input.value]);
    let response;
    try {
      response = await fetch(this.address, {
        method: "POST",
        body: new URLSearchParams([["field", field.dataset.field], ["version", this.form.dataset.version ?? ""], ...along, ...pairs]),
        headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
        credentials: "same-origin",
        redirect: "error",
      });
    } catch {
      response = null;
    }
    this.busy = false;
    await this.answer(field, pairs, response);
  }

  async answer(field, pairs, response) {
    const body = await response?.json?.().catch(() => null);
    if (response?.status === 200 && body) return this.done(field, pairs, body);
    if (response?.status === 422 && body) return this.refused(field, body);
    if (response?.status === 409 && body) return this.conflict(field, body);
    return this.later(field, response);
  }

  done(field, pairs, body) {
    this.form.dataset.version = body.version;
    this.saved.set(field, JSON.stringify(pairs));
    this.waiting.delete(field);
    showErrors(field, []);
    const since = JSON.stringify(pairsOf(field)) !== this.saved.get(field); // typed on while it was sent
    if (since) this.waiting.add(field);
    else this.drafts.drop(field.dataset.field);
    show(field, since ? "saving" : "saved");
    return this.send();
  }

  refused(field, body) {
    this.waiting.delete(field);
    showErrors(field, body.errors ?? []);
    show(field, "refused");
    return this.send();
  }

  /** No connection (or a server in trouble): the draft stays, and it is tried again. */
  later(field, response) {
    show(field, response ? "notSaved" : "offline", () => this.send());
    this.stuck = setTimeout(() => this.send(), RETRY_EVERY);
  }

  conflict(field, body) {
    this.waiting.delete(field);
    this.form.dataset.version = body.version;
    show(field, "conflict");
    const box = conflictBox(field, body, {
      mine: () => {
        box.remove();
        this.waiting.add(field);
        this.send();
      },
      theirs: () => {
        box.remove();
        fill(field, body.values ?? {});
        this.saved.set(field, JSON.stringify(pairsOf(field)));
        this.drafts.drop(field.dataset.field);
        show(field, "saved");
      },
    });
    return this.send();
  }

  leaving(event) {
    if (this.waiting.size || this.timers.size || this.busy) event.preventDefault();
  }
}

/** The word beside the label: saving, saved, offline ... */
function show(field, state, retry = null) {
  const label = field.querySelector(".field__label, .field__check") ?? field;
  let line = field.querySelector(".save-state");
  if (!line) {
    line = make("span", { role: "status" });
    label.append(line);
  }
  const look = state === "notSaved" ? "offline" : state;
  line.className = `save-state save-state--${look}`;
  line.textContent = word(state);
  if (retry) {
    const button = make("button", { className: "button button--text button--small", type: "button", text: word("retry") });
    button.addEventListener("click", retry);
    line.append(button);
  }
}

function showErrors(field, errors) {
  const input = inputsOf(field)[0];
  if (!input) return;
  const id = `${input.id || input.name}_error`;
  document.getElementById(id)?.remove();
  const described = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((part) => part && part !== id);
  field.classList.toggle("field--error", errors.length > 0);
  if (errors.length) {
    const list = make("ul", { className: "field__errors", id });
    for (const text of errors) list.append(make("li", { className: "field__error", text }));
    field.querySelector(".field__input, .field__check").before(list);
    described.push(id);
    input.setAttribute("aria-invalid", "true");
  } else input.removeAttribute("aria-invalid");
  if (described.length) input.setAttribute("aria-describedby", described.join(" "));
  else input.removeAttribute("aria-describedby");
}

/** Both values, and a button for each. */
function conflictBox(field, body, { mine, theirs }) {
  field.querySelector(".conflict")?.remove();
  const own = shownIn(field).join(word("comma"));
  const value = (title, text) => {
    const part = document.createElement("div");
    part.append(make("dt", { text: title }), make("dd", { text: text || word("empty") }));
    return part;
  };
  const box = make("div", { className: "conflict", role: "group" });
  box.append(make("p", { className: "conflict__title", text: word("conflict") }));
  box.append(
    make("dl", { className: "conflict__values" }, value(word("conflictMine"), own), value(word("conflictBy", { by: body.by ?? "" }), body.theirs)),
  );
  const actions = make("div", { className: "conflict__actions" });
  for (const [key, act] of [["conflictUseMine", mine], ["conflictUseTheirs", theirs]]) {
    const button = make("button", { className: "button button--secondary button--small", type: "button", text: word(key) });
    button.addEventListener("click", act);
    actions.append(button);
  }
  box.append(actions);
  box.setAttribute("aria-label", word("conflict"));
  field.append(box);
  return box;
}

whenPresent("form[data-autosave]", (form) => new Autosave(form));
