// Parts of one page as tabs: `data-tabs` around sections with `data-tab="label"`. Without scripts they stand one
// below the other. (Views with their own address are links, see `ui/tabs.html`.)
import { make, whenPresent } from "./page.js";

function choose(tabs, panels, index, focus) {
  tabs.forEach((tab, i) => {
    tab.setAttribute("aria-selected", String(i === index));
    tab.tabIndex = i === index ? 0 : -1;
    panels[i].hidden = i !== index;
  });
  if (focus) tabs[index].focus();
}

whenPresent("[data-tabs]", (box) => {
  const panels = [...box.querySelectorAll(":scope > [data-tab]")];
  if (panels.length < 2) return;
  const bar = make("div", { className: "tabs tabs__list", role: "tablist", "aria-label": box.dataset.tabs });
  const tabs = panels.map((panel, i) => {
    panel.id ||= `${box.id || "tabs"}-panel-${i}`;
    const tab = make("button", {
      className: "tabs__tab", type: "button", role: "tab", id: `${panel.id}-tab`, "aria-controls": panel.id, text: panel.dataset.tab,
    });
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    panel.tabIndex = 0;
    tab.addEventListener("click", () => choose(tabs, panels, i, false));
    return tab;
  });
  bar.append(...tabs);
  bar.addEventListener("keydown", (event) => {
    const now = tabs.indexOf(document.activeElement);
    const next = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined || now < 0) return;
    event.preventDefault();
    choose(tabs, panels, (next + tabs.length) % tabs.length, true);
  });
  box.prepend(bar);
  const aimed = panels.findIndex((panel) => location.hash && panel.querySelector(`#${CSS.escape(location.hash.slice(1))}`));
  choose(tabs, panels, Math.max(0, aimed), false);
});
