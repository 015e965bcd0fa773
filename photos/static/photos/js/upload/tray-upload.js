// The uploads of <upload-tray>: sends the photos from any page, and shows in one line how far they are.
import { Descriptions } from "tessera/upload/alt-text";
import { SENT, UNDER_WAY, codeOfFailed, isOnSite } from "tessera/upload/upload-item";
import { Kept } from "tessera/files/kept-files";
import { askBeforeClosing, queueOf } from "tessera/upload/pipeline";
import { gettext, ngettext, number } from "tessera/lib/i18n";
import "tessera/grid/photo-tiles";

const SPOKEN_EVERY_MS = 15_000; // to screen readers

/** Send what this browser has stored; show `tray` while there is something to show. */
export async function continueUploads(tray) {
  const queue = queueOf(tray);
  const kept = new Kept(queue, tray.getAttribute("owner"));
  const { items } = await kept.resume({ canAsk: false });
  if (!items.length) return;
  const line = new Line(tray, items, kept.sentBefore);
  const descriptions = new Descriptions(new Map(), queue.token);
  queue.addEventListener("change", ({ detail }) => {
    line.update();
    if (SENT.has(detail.step)) descriptions.save(detail);
    if (detail.step === "processing" && detail.tile) settle(detail, addTile(tray, detail.tile), queue);
  });
  tray.addEventListener("tile-settled", ({ detail: { pid, tile } }) => {
    settle(items.find((each) => each.pid === pid), tile, queue);
  });
  tray.addEventListener("click", ({ target }) => line.clicked(target.closest("[data-do]")?.dataset.do, queue));
  askBeforeClosing(() => items, kept);
  for (const item of items) queue.add(item);
  line.update();
  tray.hidden = false;
}

/** Put the tile of a photo into the hidden <photo-tiles>, which waits for its picture; return the element. */
function addTile(tray, html) {
  const tiles = tray.querySelector("photo-tiles");
  tiles.insertAdjacentHTML("beforeend", html);
  return tiles.lastElementChild;
}

/** Set the final step of a photo once its tile is settled. An earlier page may have sent it: then it is not among
 *  `items`. */
function settle(item, tile, queue) {
  if (!item || "unsettled" in tile.dataset) return;
  const isFailed = tile.dataset.state === "failed";
  queue.set(Object.assign(item, isFailed && { code: codeOfFailed(tile) }), isFailed ? "failed" : "ready");
}

class Line {
  #before;
  #items;
  #part;
  #tray;
  #spokenAt = 0;

  /** `before`: the number of these photos that earlier pages have sent. */
  constructor(tray, items, before) {
    this.#tray = tray;
    this.#items = items;
    this.#before = before;
    this.#part = (name) => tray.querySelector(`[data-part="${name}"]`);
  }

  update() {
    const count = (test) => this.#items.filter(test).length;
    const numbers = {
      total: this.#before + count(({ step }) => step !== "cancelled"),
      sent: this.#before + count(({ step }) => SENT.has(step)),
      failed: count(({ step }) => step === "failed"),
      paused: count(({ step }) => step === "paused"),
      underWay: count(({ step }) => UNDER_WAY.has(step)),
    };
    const isOver = !numbers.underWay && !numbers.paused;
    const done = this.#before + this.#items.reduce((sum, item) => sum + shareOf(item), 0);
    const failed = this.#items.filter(({ step }) => step === "failed");
    const own = failed.length ? "failed-url" : "wall-url";
    this.#tray.style.setProperty("--done", (done / (this.#before + this.#items.length)).toFixed(3));
    this.#tray.dataset.state = numbers.failed ? "failed" : isOver ? "over" : "running";
    // Why a photo cannot be shown stands among the reader's failed photos; the rest is on the upload page.
    this.#part("link").href = this.#tray.getAttribute(isOver && failed.every(isOnSite) ? own : "upload-url");
    this.#part("pause").hidden = isOver || !numbers.underWay;
    this.#part("resume").hidden = isOver || numbers.underWay > 0;
    this.#part("close").hidden = !isOver;
    this.#show(textFor(numbers), isOver);
  }

  clicked(action, queue) {
    if (action === "close") this.#tray.hidden = true;
    if (action === "pause") for (const item of this.#items) queue.pause(item);
    if (action === "resume") for (const item of this.#items) if (item.step === "paused") queue.start(item);
    if (action === "pause" || action === "resume") this.#part(action === "pause" ? "resume" : "pause").focus();
  }

  #show(text, isLast) {
    if (this.#part("words").textContent !== text) this.#part("words").textContent = text;
    if (!isLast && Date.now() < this.#spokenAt + SPOKEN_EVERY_MS) return;
    this.#spokenAt = Date.now();
    if (this.#part("live").textContent !== text) this.#part("live").textContent = text;
  }
}

/** Return the share of a photo that needs no more sending, 0 to 1. */
function shareOf({ step, done }) {
  if (SENT.has(step) || ["saving", "failed", "cancelled"].includes(step)) return 1;
  return step === "sending" || step === "paused" ? done : 0;
}

function textFor({ total, sent, failed, paused, underWay }) {
  const parts = [];
  const count = number(total);
  if (sent === total) parts.push(total === 1 ? gettext("Uploaded") : gettext("All {count} uploaded", { count }));
  else parts.push(gettext("{sent} of {count} uploaded", { sent: number(sent), count }));
  if (paused && !underWay) parts.push(gettext("{count} paused", { count: number(paused) }));
  if (failed) parts.push(ngettext("1 failed", "{count} failed", failed));
  return parts.join(" · ");
}
