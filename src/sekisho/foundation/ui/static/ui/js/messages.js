// Messages that can be closed, and toasts. A toast stays until it is closed: nobody has to read fast.
import { csrfToken, make, word } from "./page.js";

/** Show a short message at the bottom; `undo` is an address of this portal to POST to, or nothing. */
export function showToast(text, undo = "") {
  const region = document.getElementById("toasts");
  if (!region) return;
  const toast = make("div", { className: "toast", role: "status" });
  region.append(toast);
  toast.append(make("p", { text }));
  if (undo.startsWith("/") && !undo.startsWith("//")) {
    const form = make("form", { method: "post", action: undo });
    form.append(make("input", { type: "hidden", name: "csrfmiddlewaretoken", value: csrfToken() }));
    form.append(make("button", { className: "button button--secondary button--small", text: word("undo") }));
    toast.append(form);
  }
  toast.append(make("button", { className: "button button--small", type: "button", "data-toast-close": "", text: word("close") }));
  while (region.children.length > 3) region.firstElementChild.remove();
}

document.addEventListener("click", (event) => {
  const close = event.target.closest?.("[data-message-close], [data-toast-close]");
  if (!close) return;
  close.closest("[data-message], .toast").remove();
});
