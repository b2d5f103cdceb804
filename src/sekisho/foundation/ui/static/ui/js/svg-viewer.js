// Pan and zoom an SVG by its viewBox: arrows, + - 0, buttons, Ctrl and wheel, drag, two fingers. Prints whole.
// Only the viewBox changes, so links inside the drawing keep working and nothing needs an inline style.
import { announce, whenPresent, word } from "./page.js";

const STEP = 1.25;
const MAX_ZOOM = 16;
const MIN_ZOOM = 0.5;
const DRAG_STARTS_AT = 4; // pixels; less than this is a click

class Viewer {
  constructor(root) {
    this.frame = root.querySelector(".svg-viewer__frame");
    this.svg = this.frame.querySelector("svg");
    this.percent = root.querySelector("[data-zoom-percent]");
    if (!this.svg) return;
    this.whole = this.wholeBox();
    this.box = { ...this.whole };
    this.pointers = new Map();
    this.svg.setAttribute("preserveAspectRatio", "xMidYMid meet");
    root.querySelector(".svg-viewer__tools").addEventListener("click", (event) => this.press(event));
    this.frame.addEventListener("keydown", (event) => this.key(event));
    this.frame.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.frame.addEventListener("pointerdown", (event) => this.down(event));
    this.frame.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
      this.frame.addEventListener(end, (event) => this.up(event));
    }
    this.frame.addEventListener("click", (event) => this.swallowClickAfterDrag(event), true);
    this.frame.addEventListener("focusin", (event) => this.reveal(event.target));
    addEventListener("beforeprint", () => this.apply(this.whole));
    addEventListener("afterprint", () => this.apply(this.box));
    this.show();
  }

  wholeBox() {
    const given = this.svg.viewBox.baseVal;
    if (given && given.width > 0) return { x: given.x, y: given.y, width: given.width, height: given.height };
    const drawn = this.svg.getBBox();
    return { x: drawn.x, y: drawn.y, width: drawn.width || 1, height: drawn.height || 1 };
  }

  apply(box) {
    this.svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
  }

  get zoom() {
    return this.whole.width / this.box.width;
  }

  show(spoken = false) {
    this.apply(this.box);
    const text = word("zoom", { percent: Math.round(this.zoom * 100) });
    if (this.percent) this.percent.textContent = text;
    if (spoken) announce(text);
  }

  /** Drawing units per screen pixel. */
  get scale() {
    const size = this.frame.getBoundingClientRect();
    return Math.max(this.box.width / size.width, this.box.height / size.height);
  }

  /** The place in the drawing under a place on the screen. */
  under(clientX, clientY) {
    const point = new DOMPoint(clientX, clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return { x: point.x, y: point.y };
  }

  zoomBy(factor, at, spoken = false) {
    const centre = at ?? { x: this.box.x + this.box.width / 2, y: this.box.y + this.box.height / 2 };
    const zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, this.zoom * factor));
    const shrink = this.zoom / zoom;
    this.box = {
      x: centre.x - (centre.x - this.box.x) * shrink,
      y: centre.y - (centre.y - this.box.y) * shrink,
      width: this.whole.width / zoom,
      height: this.whole.height / zoom,
    };
    this.keepNear();
    this.show(spoken);
  }

  panBy(dx, dy) {
    this.box.x += dx;
    this.box.y += dy;
    this.keepNear();
    this.show();
  }

  /** Never lose the drawing: its middle stays within reach. */
  keepNear() {
    const { whole, box } = this;
    box.x = Math.min(whole.x + whole.width - box.width * 0.25, Math.max(whole.x - box.width * 0.75, box.x));
    box.y = Math.min(whole.y + whole.height - box.height * 0.25, Math.max(whole.y - box.height * 0.75, box.y));
  }

  fit() {
    this.box = { ...this.whole };
    this.show(true);
  }

  press(event) {
    const act = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (act === "in") this.zoomBy(STEP, null, true);
    if (act === "out") this.zoomBy(1 / STEP, null, true);
    if (act === "fit") this.fit();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [width, height] = [this.box.width / 8, this.box.height / 8];
    const acts = {
      ArrowLeft: () => this.panBy(-width, 0),
      ArrowRight: () => this.panBy(width, 0),
      ArrowUp: () => this.panBy(0, -height),
      ArrowDown: () => this.panBy(0, height),
      "+": () => this.zoomBy(STEP, null, true),
      ";": () => this.zoomBy(STEP, null, true), // the + key of a Japanese keyboard, without Shift
      "=": () => this.zoomBy(STEP, null, true),
      "-": () => this.zoomBy(1 / STEP, null, true),
      0: () => this.fit(),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    this.zoomBy(event.deltaY < 0 ? STEP : 1 / STEP, this.under(event.clientX, event.clientY));
  }

  down(event) {
    if (event.button !== 0) return;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.travelled = 0;
    if (event.pointerType !== "mouse" || !event.target.closest("a")) this.frame.focus({ preventScroll: true });
  }

  move(event) {
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    const now = { x: event.clientX, y: event.clientY };
    if (this.pointers.size === 1) this.drag(event, last, now);
    if (this.pointers.size === 2) this.pinch(event.pointerId, last, now);
    this.pointers.set(event.pointerId, now);
  }

  drag(event, last, now) {
    this.travelled += Math.hypot(now.x - last.x, now.y - last.y);
    if (this.travelled < DRAG_STARTS_AT) return;
    if (!this.frame.hasPointerCapture(event.pointerId)) this.frame.setPointerCapture(event.pointerId);
    this.frame.classList.add("svg-viewer__frame--held");
    const scale = this.scale;
    this.panBy((last.x - now.x) * scale, (last.y - now.y) * scale);
  }

  pinch(id, last, now) {
    const other = [...this.pointers].find(([key]) => key !== id)[1];
    const before = Math.hypot(last.x - other.x, last.y - other.y);
    const after = Math.hypot(now.x - other.x, now.y - other.y);
    this.travelled = DRAG_STARTS_AT;
    if (before > 0) this.zoomBy(after / before, this.under((now.x + other.x) / 2, (now.y + other.y) / 2));
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.frame.classList.remove("svg-viewer__frame--held");
  }

  swallowClickAfterDrag(event) {
    if (this.travelled >= DRAG_STARTS_AT) event.preventDefault();
    this.travelled = 0;
  }

  /** Who walks through the links of the drawing by keyboard sees where they are. */
  reveal(target) {
    if (target === this.frame || !target.getBBox || this.zoom <= 1.01) return;
    const place = target.getBoundingClientRect();
    const size = this.frame.getBoundingClientRect();
    if (place.left >= size.left && place.right <= size.right && place.top >= size.top && place.bottom <= size.bottom) return;
    const centre = this.under(place.left + place.width / 2, place.top + place.height / 2);
    this.box.x = centre.x - this.box.width / 2;
    this.box.y = centre.y - this.box.height / 2;
    this.show();
  }
}

whenPresent("[data-svg-viewer]", (root) => new Viewer(root));
