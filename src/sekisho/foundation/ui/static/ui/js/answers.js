// "Unknown" and a value exclude each other: ticking it sets the value's inputs aside, unticking brings them back.
import { whenPresent } from "./page.js";

export function showAnswer(answer) {
  const unknown = answer.querySelector("[data-answer-unknown]");
  answer.querySelector("[data-answer-why]").hidden = !unknown.checked;
  for (const input of answer.querySelectorAll(".answer__value :is(input, select, textarea)")) {
    input.disabled = unknown.checked || unknown.disabled;
  }
}

whenPresent("[data-answer]", (answer) => {
  // Given both: the form has come back with a problem, and both must stay visible until the reader decides.
  const both = answer.querySelector('[aria-invalid="true"]') && answer.querySelector("[data-answer-unknown]").checked;
  if (!both) showAnswer(answer);
});

// While the event is on its way down: whoever saves the field on its way up must see it as it will be.
document.addEventListener(
  "change",
  (event) => {
    if (event.target.matches?.("[data-answer-unknown]")) showAnswer(event.target.closest("[data-answer]"));
  },
  true,
);
