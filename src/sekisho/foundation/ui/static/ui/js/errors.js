// The list of problems above a form gets the focus when the page opens; each entry jumps into its field.
import { whenPresent } from "./page.js";

whenPresent("[data-error-summary]", (summary) => summary.focus());

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('[data-error-summary] a[href^="#"]');
  if (!link) return;
  const target = document.getElementById(link.hash.slice(1));
  if (!target) return;
  event.preventDefault();
  const inputs = "input, select, textarea, button";
  const input = target.matches(inputs) ? target : (target.querySelector(inputs) ?? target);
  input.closest("details:not([open])")?.setAttribute("open", "");
  input.closest(".field")?.scrollIntoView({ block: "start" });
  input.focus({ preventScroll: true });
});
