// Menus are <details>: open by themselves, closed by Escape, by a click elsewhere, or when another opens.

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!menu.matches?.("[data-menu]") || !menu.open) return;
    for (const other of document.querySelectorAll("[data-menu][open]")) if (other !== menu) other.open = false;
    keepInside(menu.querySelector(".menu__body"));
  },
  true,
);

/** A menu that would run over an edge of the window hangs from its other end. */
function keepInside(body) {
  if (!body) return;
  body.classList.remove("menu__body--from-the-end", "menu__body--from-the-start");
  const { left, right } = body.getBoundingClientRect();
  if (right > document.documentElement.clientWidth) body.classList.add("menu__body--from-the-end");
  else if (left < 0) body.classList.add("menu__body--from-the-start");
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("[data-menu][open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-nav-toggle]");
  if (!button) return;
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  document.getElementById(button.getAttribute("aria-controls"))?.classList.toggle("site-nav--open", open);
});
