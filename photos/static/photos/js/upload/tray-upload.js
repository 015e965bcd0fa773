// The photos of an <upload-tray>: sent from whatever page it is on, and told of in one line until they are pictures.
import { Descriptions } from "tessera/upload/alt-text";
import { SENT, UNDER_WAY } from "tessera/upload/upload-item";
import { Kept } from "tessera/files/kept-files";
import { askBeforeClosing, queueOf } from "tessera/upload/pipeline";
import { gettext, ngettext, number } from "tessera/lib/i18n";
import "tessera/grid/photo-tiles";

const SPOKEN_EVERY_MS = 15_000;

/** Send what this browser has kept; show `tray` while there is something to say. */
export async function carryOn(tray) {
  const queue = queueOf(tray);
  const kept = new Kept(queue, tray.getAttribute("owner"));
  const { items } = await kept.resume({ canAsk: false });
  if (!items.length) return;
  const line = new Line(tray, items, kept.sentBefore);
  const descriptions = new Descriptions(new Map(), queue.token);
  queue.addEventListener("change", ({ detail }) => {
    line.update();
    if (SENT.has(detail.step)) descriptions.keep(detail);
    if (detail.step === "processing" && detail.tile) settle(detail, lay(tray, detail.tile), queue);
  });
  tray.addEventListener("tile-settled", ({ detail: { pid, tile } }) => settle(items.find((each) => each.pid === pid), tile, queue));
  tray.addEventListener("click", ({ target }) => line.clicked(target.closest("[data-do]")?.dataset.do, queue));
  askBeforeClosing(() => items, kept);
  for (const item of items) queue.add(item);
  line.update();
  tray.hidden = false;
}

/** Wait for the tile of a photo, out of sight; return it. */
function lay(tray, html) {
  const tiles = tray.querySelector("photo-tiles");
  tiles.insertAdjacentHTML("beforeend", html);
  return tiles.lastElementChild;
}

/** What became of a photo that is here, once that is known: an earlier page may have known it. */
function settle(item, tile, queue) {
  if (!item || "unsettled" in tile.dataset) return;
  const isFailed = tile.dataset.state === "failed";
  queue.set(Object.assign(item, isFailed && { code: "not_rendered" }), isFailed ? "failed" : "ready");
}

class Line {
  #before;
  #items;
  #part;
  #tray;
  #spokenAt = 0;

  /** `before` of these photos were sent from earlier pages. */
  constructor(tray, items, before) {
    this.#tray = tray;
    this.#items = items;
    this.#before = before;
    this.#part = (name) => tray.querySelector(`[data-part="${name}"]`);
  }

  update() {
    const count = (test) => this.#items.filter(test).length;
    const numbers = {
      wanted: this.#before + count(({ step }) => step !== "cancelled"),
      sent: this.#before + count(({ step }) => SENT.has(step)),
      failed: count(({ step }) => step === "failed"),
      paused: count(({ step }) => step === "paused"),
      underWay: count(({ step }) => UNDER_WAY.has(step)),
    };
    const isOver = !numbers.underWay && !numbers.paused;
    const done = this.#before + this.#items.reduce((sum, item) => sum + shareOf(item), 0);
    const canBeSent = this.#items.some(({ step, code }) => step === "failed" && code !== "not_rendered");
    this.#tray.style.setProperty("--done", (done / (this.#before + this.#items.length)).toFixed(3));
    this.#tray.dataset.state = numbers.failed ? "failed" : isOver ? "over" : "running";
    this.#part("link").href = this.#tray.getAttribute(isOver && !canBeSent ? "wall-url" : "upload-url"); // a broken file's reason is on the wall
    this.#part("pause").hidden = isOver || !numbers.underWay;
    this.#part("resume").hidden = isOver || numbers.underWay > 0;
    this.#part("close").hidden = !isOver;
    this.#say(wordsFor(numbers), isOver);
  }

  clicked(action, queue) {
    if (action === "close") this.#tray.hidden = true;
    if (action === "pause") for (const item of this.#items) queue.pause(item);
    if (action === "resume") for (const item of this.#items) if (item.step === "paused") queue.start(item);
    if (action === "pause" || action === "resume") this.#part(action === "pause" ? "resume" : "pause").focus();
  }

  #say(words, isLast) {
    if (this.#part("words").textContent !== words) this.#part("words").textContent = words;
    if (!isLast && Date.now() < this.#spokenAt + SPOKEN_EVERY_MS) return;
    this.#spokenAt = Date.now();
    if (this.#part("live").textContent !== words) this.#part("live").textContent = words;
  }
}

/** How much of a photo needs no more sending, 0 to 1. */
function shareOf({ step, done }) {
  if (SENT.has(step) || ["saving", "failed", "cancelled"].includes(step)) return 1;
  return step === "sending" || step === "paused" ? done : 0;
}

function wordsFor({ wanted, sent, failed, paused, underWay }) {
  const parts = [];
  if (sent === wanted) parts.push(wanted === 1 ? gettext("Sent") : gettext("All {count} sent", { count: number(wanted) }));
  else parts.push(gettext("{sent} of {count} sent", { sent: number(sent), count: number(wanted) }));
  if (paused && !underWay) parts.push(gettext("{count} paused", { count: number(paused) }));
  if (failed) parts.push(ngettext("one needs a look", "{count} need a look", failed));
  return parts.join(" · ");
}
