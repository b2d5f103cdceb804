// Uploads: drop files on the box, check their size before sending, show how much is sent. The form works without this.
import { csrfToken, sizeInWords, whenPresent, word } from "./page.js";

function say(form, text) {
  form.querySelector("[data-upload-status]").textContent = text;
}

function fits(form) {
  const files = [...form.querySelector('input[type="file"]').files];
  const limit = Number(form.dataset.limit ?? 0);
  if (!files.length) return false;
  const largest = files.find((file) => limit > 0 && file.size > limit);
  const size = largest ? largest.size : files.reduce((sum, file) => sum + file.size, 0);
  const name = largest ? largest.name : files.map((file) => file.name).join(", ");
  const names = { name, size: sizeInWords(size), limit: sizeInWords(limit) };
  const tooLarge = Boolean(largest);
  say(form, word(tooLarge ? "tooLarge" : "chosenFile", names));
  return !tooLarge;
}

function send(form) {
  const bar = form.querySelector("[data-upload-progress]");
  const button = form.querySelector('[type="submit"]');
  const request = new XMLHttpRequest(); // fetch does not tell how much has been sent
  const failed = () => {
    bar.hidden = true;
    button.disabled = false;
    say(form, word("uploadFailed"));
  };
  request.open("POST", form.action);
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.setRequestHeader("Accept", "text/html");
  request.setRequestHeader("X-Sekisho-Location", "?");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = Math.floor((event.loaded / event.total) * 100);
  });
  request.upload.addEventListener("load", () => say(form, word("uploaded")));
  request.addEventListener("load", () => {
    if (request.status >= 500 || request.status === 0) return failed();
    const next = request.getResponseHeader("X-Sekisho-Location");
    if (next) return location.assign(next);
    // No way on: the answer is this page again, with what is wrong.
    const answer = new DOMParser().parseFromString(request.responseText, "text/html");
    const part = answer.querySelector("form[data-upload]");
    if (!part) return location.reload();
    form.replaceWith(document.adoptNode(part));
    startUpload(part);
    part.querySelector('input[type="file"]').focus();
    return undefined;
  });
  request.addEventListener("error", failed);
  request.addEventListener("abort", failed);
  bar.hidden = false;
  bar.value = 0;
  button.disabled = true;
  say(form, word("uploading"));
  request.send(new FormData(form));
}

function startUpload(form) {
  const zone = form.querySelector("[data-upload-zone]");
  const input = form.querySelector('input[type="file"]');
  form.querySelector("[data-upload-drop]").hidden = false;
  const over = (event, on) => {
    event.preventDefault();
    zone.classList.toggle("upload__zone--over", on);
  };
  zone.addEventListener("dragover", (event) => over(event, true));
  zone.addEventListener("dragleave", (event) => over(event, false));
  zone.addEventListener("drop", (event) => {
    over(event, false);
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
  input.addEventListener("change", () => fits(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (fits(form)) send(form);
  });
}

whenPresent("form[data-upload]", startUpload);
