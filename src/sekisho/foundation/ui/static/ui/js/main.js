// Starts every module. Modules listen on the document, so that parts which htmx swaps in need no further start.
import "./htmx-notices.js";
import "./menus.js";
import "./dialogs.js";
import "./messages.js";
import "./bulk.js";
import "./answers.js";
import "./errors.js";
import "./tabs.js";
import "./uploads.js";
import "./autosave.js";
import "./offline.js";
import "./svg-viewer.js";
import "./announcements.js";

document.documentElement.classList.add("scripted");
