// Error messages for htmx requests that failed, below the element that sent them: htmx itself shows nothing.
// Requests that a page sends by itself (data-quiet) show no error: they are sent again.
import { gettext } from "tessera/lib/i18n";

const GONE = gettext("It is no longer there. Reload the page to see what is.");
const MESSAGES = {
  0: gettext("No connection. Nothing was changed; please try again when you are online."),
  403: gettext("The request was not accepted. Reload the page, sign in if you are asked to, and send it again."),
  404: GONE,
  410: GONE,
  429: gettext("Too many requests. Please try again in a minute."),
  503: gettext("Part of the site is temporarily unavailable. Nothing was changed; please try again in half a minute."),
};
const REFUSED = 422; // the body of the response is the reason, as a text for the reader
const OTHER = gettext("Something went wrong on our side. Please try again in a moment.");

const isQuiet = ({ detail: { elt } }) => "quiet" in elt.dataset;

function removeNotices(event) {
  if (isQuiet(event)) return;
  for (const notice of document.querySelectorAll("[data-part=unsent]")) notice.remove();
}

function showNotice(event) {
  if (isQuiet(event)) return;
  const { elt, xhr } = event.detail;
  removeNotices(event);
  const notice = document.createElement("p");
  notice.className = "notice error";
  notice.dataset.part = "unsent";
  notice.role = "alert";
  notice.textContent = xhr.status === REFUSED ? xhr.responseText : (MESSAGES[xhr.status] ?? OTHER);
  elt.after(notice);
  if (xhr.status === REFUSED) elt.querySelector("textarea")?.focus(); // its text is still there, to be corrected
}

document.addEventListener("htmx:beforeRequest", removeNotices);
for (const kind of ["responseError", "sendError", "timeout"]) document.addEventListener(`htmx:${kind}`, showNotice);
