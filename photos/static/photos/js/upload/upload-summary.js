// The summary of all uploads: heading, progress squares, buttons, and announcements for screen readers.
import { SENT, UNDER_WAY, UNFINISHED, canPause, isWorthRetrying } from "tessera/upload/upload-item";
import { gettext, ngettext, number } from "tessera/lib/i18n";

const SPOKEN_EVERY_MS = 4000; // to screen readers

export class Summary {
  #part;
  #root;
  #visited = null; // the failed row that was shown last
  #spokenAt = 0;
  #timer = 0;
  #tooMany = 0;

  constructor(root) {
    this.#root = root;
    this.#part = (name) => root.querySelector(`[data-part="${name}"]`);
  }

  place(row) {
    this.#part("list").append(row.element);
    this.#part("mosaic").append(row.stone);
  }

  /** Scroll to the progress if it is below the window or near its end. */
  show() {
    const { top } = this.#part("mosaic").getBoundingClientRect();
    if (top > 0.7 * window.innerHeight) this.#part("progress").scrollIntoView({ block: "start" });
  }

  /** Focus the next failed one of `rows`, in their order; after the last the first. */
  showFailed(rows) {
    const failed = rows.map(({ element }) => element).filter(({ dataset }) => dataset.step === "failed");
    const last = failed.findIndex((element) => element.contains(document.activeElement) || element === this.#visited);
    this.#visited = failed[(last + 1) % failed.length];
    this.#visited?.scrollIntoView({ block: "center" });
    this.#visited?.focus({ preventScroll: true });
  }

  update(items, tooMany = 0) {
    const count = (test) => items.filter(test).length;
    const isHere = ({ step }) => step === "duplicate";
    const numbers = {
      total: count((item) => item.step !== "cancelled" && !isHere(item)),
      sent: count((item) => SENT.has(item.step) && !isHere(item)),
      ready: count(({ step }) => step === "ready"),
      here: count(isHere),
      failed: count(({ step }) => step === "failed"),
      paused: count(({ step }) => step === "paused"),
      underWay: count(({ step }) => UNDER_WAY.has(step)),
    };
    this.#tooMany = Math.max(this.#tooMany, tooMany);
    this.#part("progress").hidden = !items.length;
    this.#part("show-failed").hidden = !numbers.failed;
    this.#part("retry-all").hidden = !items.some(isWorthRetrying);
    this.#part("cancel-all").hidden = !items.some(({ step }) => UNFINISHED.has(step));
    this.#turnPause(items.some(canPause), numbers.paused > 0);
    this.#part("done").hidden = numbers.underWay + numbers.paused > 0 || !(numbers.sent + numbers.here);
    this.#announce(textFor(numbers, this.#tooMany), numbers.underWay === 0);
  }

  /** One button pauses and resumes, so that it keeps the focus. */
  #turnPause(isRunning, isPaused) {
    const button = this.#part("pause-all");
    button.hidden = !isRunning && !isPaused;
    button.dataset.do = isRunning || !isPaused ? "pause-all" : "resume-all";
    const text = button.dataset.do === "pause-all" ? gettext("Pause all") : gettext("Resume all");
    if (button.textContent !== text) button.textContent = text;
  }

  #announce(text, isLast) {
    if (this.#part("summary").textContent !== text) this.#part("summary").textContent = text;
    clearTimeout(this.#timer);
    const rest = isLast ? 300 : Math.max(0, this.#spokenAt + SPOKEN_EVERY_MS - Date.now());
    this.#timer = setTimeout(() => {
      this.#spokenAt = Date.now();
      if (this.#part("live").textContent !== text) this.#part("live").textContent = text;
    }, rest);
  }
}

function textFor({ total, sent, ready, here, failed, paused, underWay }, tooMany) {
  const parts = [];
  const count = number(total);
  const isAllSent = !underWay && sent > 0 && sent === total;
  if (isAllSent) parts.push(total === 1 ? gettext("Uploaded") : gettext("All {count} uploaded", { count }));
  else if (total) parts.push(gettext("{sent} of {count} uploaded", { sent: number(sent), count }));
  if (sent > 0) parts.push(ready === sent ? gettext("all ready") : gettext("{count} ready", { count: number(ready) }));
  if (here && total) parts.push(gettext("{count} already uploaded", { count: number(here) }));
  else if (here) parts.push(gettext("Already uploaded"));
  if (paused) parts.push(gettext("{count} paused", { count: number(paused) }));
  if (failed) parts.push(ngettext("1 failed", "{count} failed", failed));
  if (tooMany > 0) parts.push(gettext("{count} left out, too many at once", { count: number(tooMany) }));
  return parts.join(" · ") || gettext("Nothing uploaded");
}
