// htmx: the CSRF header, and words instead of silence when a request fails.
import { csrfToken, word } from "./page.js";
import { showToast } from "./messages.js";

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
});

document.addEventListener("htmx:responseError", (event) => {
  showToast(word(event.detail.xhr.status >= 500 ? "serverError" : "forbidden"));
});

document.addEventListener("htmx:sendError", (event) => {
  // A part that fetches itself again and again says nothing: the line at the top of the page does.
  if (!event.detail.elt.getAttribute("hx-trigger")?.startsWith("every")) showToast(word("networkError"));
});

// A server answers `HX-Trigger: {"toast": {"text": "...", "undo": "/..."}}`.
document.addEventListener("toast", (event) => showToast(event.detail.text, event.detail.undo));
