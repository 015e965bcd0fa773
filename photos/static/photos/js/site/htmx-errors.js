// Says, below what was sent or asked for by htmx, that it failed. htmx swaps nothing then, and its reader would wait.
// Nobody waits for what a page asks by itself (data-quiet): that is asked again.
import { gettext } from "tessera/lib/i18n";

const GONE = gettext("It is not there any more. Reload the page to see what is.");
const WORDS = {
  0: gettext("No connection. Nothing was changed; please try again when you are online."),
  403: gettext("This was not accepted. Reload the page, sign in if you are asked to, and send it again."),
  404: GONE,
  410: GONE,
  429: gettext("That was a lot in a short time. Please wait a minute and try again."),
  503: gettext("Part of the site is catching its breath. Nothing was changed; please try again in half a minute."),
};
const REFUSED = 422; // says why, in words for its reader
const OTHER = gettext("That did not work, on our side. Please try again in a moment.");

const isQuiet = ({ detail: { elt } }) => "quiet" in elt.dataset;

function forget(event) {
  if (isQuiet(event)) return;
  for (const notice of document.querySelectorAll("[data-part=unsent]")) notice.remove();
}

function say(event) {
  if (isQuiet(event)) return;
  const { elt, xhr } = event.detail;
  forget(event);
  const notice = document.createElement("p");
  notice.className = "notice error";
  notice.dataset.part = "unsent";
  notice.role = "alert";
  notice.textContent = xhr.status === REFUSED ? xhr.responseText : (WORDS[xhr.status] ?? OTHER);
  elt.after(notice);
  if (xhr.status === REFUSED) elt.querySelector("textarea")?.focus(); // the words are still there, to be mended
}

document.addEventListener("htmx:beforeRequest", forget);
for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(kind, say);
