// Choosing rows of a list: the count is always on screen, and the buttons work only when something is chosen.
import { whenPresent, word } from "./page.js";

function rowsOf(form) {
  return [...form.elements].filter((input) => input.matches("[data-select-row]"));
}

function show(form) {
  const rows = rowsOf(form);
  const chosen = rows.filter((row) => row.checked).length;
  const all = form.querySelector("[data-select-all]")?.checked ?? false;
  const total = form.dataset.all;
  for (const row of rows) row.disabled = all;
  const text = all ? word("selectedAll", { count: total }) : word("selected", { count: chosen });
  form.querySelector("[data-bulk-count]").textContent = chosen || all ? text : word("selectedNone");
  for (const button of form.querySelectorAll("[data-bulk-action]")) button.disabled = !chosen && !all;
  const page = form.closest("[data-list]")?.querySelector("[data-select-page]");
  if (page) {
    page.checked = all || (chosen > 0 && chosen === rows.length);
    page.indeterminate = !all && chosen > 0 && chosen < rows.length;
    page.disabled = all;
  }
}

whenPresent("[data-bulk]", show);

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches?.("[data-select-row], [data-select-page], [data-select-all]")) return;
  const form = input.form ?? input.closest("[data-list]")?.querySelector("[data-bulk]");
  if (!form) return;
  if (input.matches("[data-select-page]")) for (const row of rowsOf(form)) row.checked = input.checked;
  show(form);
});
