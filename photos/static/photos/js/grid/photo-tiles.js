// <photo-tiles src="/tiles/">: asks for the tiles inside it that are still being processed, and replaces each when it
// is done. With the attribute `reload` it reloads the page instead: a photo's own page shows more than a tile.
import { textOf } from "tessera/lib/text-of";

const FIRST_MS = 1000;
const LONGEST_MS = 4000;
const AT_ONCE = 50;

class PhotoTiles extends HTMLElement {
  #end;
  #timer = 0;
  #dueAt = Infinity;
  #pauseMs = FIRST_MS;

  connectedCallback() {
    this.#end = new AbortController();
    this.watcher = new MutationObserver((changes) => this.#changed(changes));
    this.watcher.observe(this, { childList: true, subtree: true });
    const wake = () => document.hidden || this.#askIn(0);
    document.addEventListener("visibilitychange", wake, { signal: this.#end.signal });
    if (this.#unsettled.length) this.#askIn(FIRST_MS);
  }

  disconnectedCallback() {
    this.#end.abort();
    this.watcher.disconnect();
    clearTimeout(this.#timer);
  }

  get #unsettled() {
    return [...this.querySelectorAll("[data-unsettled]")];
  }

  #changed(changes) {
    const has = (node) => node.matches("[data-unsettled]") || node.querySelector("[data-unsettled]");
    const isNew = (node) => node instanceof Element && has(node);
    if (!changes.some(({ addedNodes }) => [...addedNodes].some(isNew))) return;
    this.#pauseMs = FIRST_MS;
    this.#askIn(FIRST_MS);
  }

  /** Ask in `ms` milliseconds, unless the next request is due sooner. */
  #askIn(ms) {
    if (Date.now() + ms >= this.#dueAt) return;
    this.#dueAt = Date.now() + ms;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), ms);
  }

  async #ask() {
    const unsettled = this.#unsettled.slice(0, AT_ONCE);
    this.#dueAt = Infinity;
    if (document.hidden || !unsettled.length) return; // visibilitychange wakes it
    const query = new URLSearchParams(unsettled.map(({ dataset }) => ["id", dataset.photo]));
    const { signal } = this.#end;
    const html = await textOf(`${this.getAttribute("src")}?${query}`, { signal });
    if (signal.aborted) return;
    this.#replace(html);
    if (!this.#unsettled.length) return;
    this.#pauseMs = Math.min(LONGEST_MS, this.#pauseMs * 1.3);
    this.#askIn(this.#pauseMs);
  }

  #replace(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    for (const tile of template.content.querySelectorAll("[data-photo]:not([data-unsettled])")) {
      const old = this.#unsettled.find(({ dataset }) => dataset.photo === tile.dataset.photo);
      if (!old) continue;
      if (this.hasAttribute("reload")) return location.reload();
      old.replaceWith(tile);
      tile.dispatchEvent(new CustomEvent("tile-settled", { bubbles: true, detail: { pid: tile.dataset.photo, tile } }));
    }
  }
}

customElements.define("photo-tiles", PhotoTiles);
