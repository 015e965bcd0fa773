// How it stands with all of them: the heading, the mosaic, and what a screen reader is told, not more often than it can say.
import { SENT, UNDER_WAY, isWorthRetrying } from "tessera/queue";

const SPOKEN_EVERY_MS = 4000;

export class Summary {
  #part;
  #root;
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

  show() {
    this.#part("mosaic").scrollIntoView({ block: "nearest" });
  }

  update(items, tooMany = 0) {
    const count = (test) => items.filter(test).length;
    const wanted = count(({ step }) => step !== "cancelled");
    const numbers = {
      wanted,
      sent: count(({ step }) => SENT.has(step)),
      ready: count(({ step }) => step === "ready" || step === "duplicate"),
      failed: count(({ step }) => step === "failed"),
      underWay: count(({ step }) => UNDER_WAY.has(step)),
    };
    this.#tooMany = Math.max(this.#tooMany, tooMany);
    this.#part("progress").hidden = !items.length;
    this.#root.classList.toggle("has-files", items.length > 0);
    this.#root.querySelector('[data-do="retry-all"]').hidden = !items.some(isWorthRetrying);
    this.#root.querySelector('[data-do="cancel-all"]').hidden = !numbers.underWay;
    this.#part("done").hidden = numbers.underWay > 0 || !numbers.sent;
    this.#tell(words(numbers, this.#tooMany), numbers.underWay === 0);
  }

  #tell(text, isLast) {
    if (this.#part("summary").textContent !== text) this.#part("summary").textContent = text;
    clearTimeout(this.#timer);
    const rest = isLast ? 300 : Math.max(0, this.#spokenAt + SPOKEN_EVERY_MS - Date.now());
    this.#timer = setTimeout(() => {
      this.#spokenAt = Date.now();
      if (this.#part("live").textContent !== text) this.#part("live").textContent = text;
    }, rest);
  }
}

function words({ wanted, sent, ready, failed, underWay }, tooMany) {
  const parts = [`${sent} of ${wanted} sent`];
  if (!underWay && sent > 0 && sent === wanted) parts[0] = wanted === 1 ? "Sent" : `All ${wanted} sent`;
  if (sent > 0) parts.push(ready === sent ? "all ready" : `${ready} ready`);
  if (failed) parts.push(failed === 1 ? "one needs a look" : `${failed} need a look`);
  if (tooMany > 0) parts.push(`${tooMany} left out, too many at once`);
  return parts.join(" · ");
}
