// Parts that fetch themselves again (progress of a job) are silent; this says only what has changed in them.
import { announce } from "./page.js";

const said = new Map();

document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt;
  const text = part?.dataset?.announce;
  if (!text || said.get(part.id) === text) return;
  said.set(part.id, text);
  announce(text);
});
