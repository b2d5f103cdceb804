// Native <dialog>: the browser keeps focus inside, closes on Escape and gives focus back.

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-dialog-open]");
  if (opener) {
    document.getElementById(opener.dataset.dialogOpen)?.showModal();
    return;
  }
  event.target.closest?.("[data-dialog-close]")?.closest("dialog")?.close();
});
