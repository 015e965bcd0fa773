// <photo-upload>: the reader chooses, drops or pastes photos and watches their upload. Its page is
// photos/upload/upload.html.
import { Descriptions } from "tessera/upload/alt-text";
import { takeIn } from "tessera/files/file-intake";
import { Item, SENT, UNDER_WAY, UNFINISHED, canRetry, codeOfFailed, isWorthRetrying } from "tessera/upload/upload-item";
import { Kept } from "tessera/files/kept-files";
import { askBeforeClosing, queueOf } from "tessera/upload/pipeline";
import { Quota } from "tessera/upload/quota";
import { offer } from "tessera/upload/shared-files";
import { Summary } from "tessera/upload/upload-summary";
import { UploadRow } from "tessera/upload/upload-row";

class PhotoUpload extends HTMLElement {
  #end;
  #queue;
  #kept;
  #rows = new Map();
  #descriptions = new Descriptions(this.#rows, () => this.#queue.token());

  connectedCallback() {
    this.#end = new AbortController();
    this.#queue = queueOf(this);
    this.#kept = new Kept(this.#queue, this.getAttribute("owner"));
    this.quota = new Quota(this);
    this.summary = new Summary(this);
    takeIn(this, (files) => this.#add(files), this.#end.signal);
    this.#resume();
    this.#listen(this.#queue, "change", ({ detail }) => this.#changed(detail));
    this.#listen(this, "click", (event) => this.#clicked(event));
    const described = ({ target }) => target.matches(".alt") && this.#kept.note(this.#descriptions.take(target));
    this.#listen(this, "change", described);
    this.#listen(this, "submit", (event) => event.preventDefault());
    this.#listen(this, "tile-settled", ({ detail }) => this.#settled(detail));
    askBeforeClosing(() => this.#items, this.#kept, this.#end.signal);
    // Back may show this page as it was: its lock is free, and its photos belong to the page that was there meanwhile.
    this.#listen(window, "pageshow", ({ persisted }) => persisted && location.reload());
  }

  disconnectedCallback() {
    this.#end.abort();
    for (const item of this.#items) this.#queue.cancel(item);
    this.#queue.hasher.close();
  }

  get #items() {
    return [...this.#rows.keys()];
  }

  #listen(target, type, listener) {
    target.addEventListener(type, listener, { signal: this.#end.signal });
  }

  async #resume() {
    const { items, shared } = await this.#kept.resume();
    this.#addItems(items);
    const leave = () => shared.forEach((file) => this.#kept.forget(file));
    if (shared.length) offer(this, shared, { take: () => this.#add(shared), leave });
  }

  #add(files) {
    const visibility = new FormData(this.querySelector("form")).get("visibility");
    this.#addItems(files.map((file) => new Item(file, visibility)));
  }

  #addItems(items) {
    const unfinished = this.#items.filter(({ step }) => UNFINISHED.has(step)).length;
    const places = Math.max(0, Number(this.getAttribute("max-files")) - unfinished);
    for (const item of items.slice(0, places)) {
      item.signinUrl = this.getAttribute("signin-url");
      const row = new UploadRow(item, this.querySelector("template"));
      this.#rows.set(item, row);
      this.summary.place(row);
      this.#queue.add(item);
    }
    this.#summarise(items.length - places);
    if (items.length) this.summary.show();
  }

  #summarise(tooMany = 0) {
    this.summary.update(this.#items, tooMany);
    this.quota.update(this.#items);
  }

  #changed(item) {
    this.#rows.get(item)?.update();
    this.#summarise();
    if (SENT.has(item.step)) this.#descriptions.save(item);
    const tile = this.#rows.get(item)?.element.querySelector(".tile:not([data-unsettled])");
    if (item.step === "processing" && tile) this.#settled({ pid: item.pid, tile });
  }

  #settled({ pid, tile }) {
    const item = this.#items.find((each) => each.pid === pid && each.step === "processing");
    if (!item) return;
    const isFailed = tile.dataset.state === "failed";
    if (isFailed) item.code = codeOfFailed(tile);
    const reason = isFailed ? tile.querySelector(".tile-state > span")?.textContent : "";
    this.#queue.set(item, isFailed ? "failed" : "ready", { says: reason ?? "" });
    if (!isFailed) this.#rows.get(item).settle();
  }

  #clicked({ target }) {
    const action = target.closest("[data-do]")?.dataset.do ?? "";
    if (action === "show-failed") return this.summary.showFailed([...this.#rows.values()]);
    const mine = [...this.#rows].filter(([, row]) => row.element.contains(target)).map(([item]) => item);
    const items = mine.length ? mine : this.#items;
    if (action.startsWith("cancel")) for (const item of items) this.#queue.cancel(item);
    else if (action.startsWith("pause")) for (const item of items) this.#queue.pause(item);
    else if (action.startsWith("resume")) for (const item of items) item.step === "paused" && this.#queue.start(item);
    else if (action.startsWith("retry")) for (const item of items) this.#retry(item, mine.length > 0);
  }

  #retry(item, isAsked) {
    if (SENT.has(item.step) || UNDER_WAY.has(item.step) || !(isAsked ? canRetry : isWorthRetrying)(item)) return;
    Object.assign(item, { code: "", tile: "", url: "", pid: "" });
    this.#queue.start(item);
  }
}

customElements.define("photo-upload", PhotoUpload);
