// Loads a page again that Back shows as it was when it was left, if something was sent from this browser since it was
// loaded: a photo deleted, an album arranged, a visitor signed out. What a page changes by htmx it shows itself.
const CHANGED = "tessera-changed"; // in localStorage: which change was the last one, of all tabs

let known = "";

/** Note that something on the site was changed; other pages that the browser keeps are old then. */
export function noteChange() {
  try {
    localStorage.setItem(CHANGED, crypto.randomUUID?.() ?? String(Math.random()));
  } catch {
    // A browser that stores nothing for this site.
  }
}

function lastChange() {
  try {
    return localStorage.getItem(CHANGED) ?? "";
  } catch {
    return ""; // see above
  }
}

const isSent = ({ defaultPrevented, target, submitter }) => {
  return !defaultPrevented && (submitter?.getAttribute("formmethod") ?? target.method) === "post";
};

known = lastChange();
document.addEventListener("submit", (event) => isSent(event) && noteChange());
document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, successful } }) => {
  if (requestConfig.verb === "get" || !successful) return;
  const isCurrent = known === lastChange();
  noteChange();
  if (isCurrent) known = lastChange();
});
window.addEventListener("pageshow", ({ persisted }) => persisted && known !== lastChange() && location.reload());
