// <photo-upload>: choose, drop or paste photos; watch each go up. The page around it is in photos/upload.html.
import { filesOf, objection } from "tessera/files";
import { Hasher } from "tessera/hashing";
import { Item, Queue, SENT, UNDER_WAY, isWorthRetrying } from "tessera/queue";
import { Tickets } from "tessera/tickets";
import { Summary } from "tessera/upload-summary";
import { UploadRow } from "tessera/upload-row";

class PhotoUpload extends HTMLElement {
  #end;
  #queue;
  #hasher;
  #rows = new Map();

  connectedCallback() {
    this.#end = new AbortController();
    this.#hasher = new Hasher(this.getAttribute("worker-url"));
    const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? this.querySelector("[name=csrfmiddlewaretoken]").value;
    const tickets = new Tickets(this.getAttribute("begin-url"), token);
    this.#queue = new Queue({ hasher: this.#hasher, tickets, finishUrl: this.getAttribute("finish-url"), token });
    this.summary = new Summary(this);
    this.#listen(this.#queue, "change", ({ detail }) => this.#changed(detail));
    this.#listen(this, "click", (event) => this.#clicked(event));
    this.#listen(this, "submit", (event) => event.preventDefault());
    this.#listen(this, "tile-settled", ({ detail }) => this.#settled(detail));
    this.#listen(this.querySelector("input[type=file]"), "change", ({ target }) => {
      this.#add([...target.files]);
      target.value = "";
    });
    this.#listen(document, "paste", async ({ clipboardData }) => this.#add(await filesOf(clipboardData)));
    this.#listen(document, "dragover", (event) => this.#dragged(event, true));
    this.#listen(document, "dragleave", (event) => event.relatedTarget || this.#dragged(event, false));
    this.#listen(document, "drop", async (event) => {
      this.#dragged(event, false);
      this.#add(await filesOf(event.dataTransfer));
    });
    this.#listen(window, "beforeunload", (event) => this.#queue.items.some(({ step }) => UNDER_WAY.has(step)) && event.preventDefault());
  }

  disconnectedCallback() {
    this.#end.abort();
    for (const item of this.#queue.items) this.#queue.cancel(item);
    this.#hasher.close();
  }

  #listen(target, type, listener) {
    target.addEventListener(type, listener, { signal: this.#end.signal });
  }

  #add(files) {
    const places = Number(this.getAttribute("max-files")) - this.#rows.size;
    const limits = { accept: this.getAttribute("accept"), maxBytes: Number(this.getAttribute("max-bytes")) };
    const visibility = new FormData(this.querySelector("form")).get("visibility");
    for (const file of files.slice(0, Math.max(0, places))) {
      const item = Object.assign(new Item(file, visibility), { signinUrl: this.getAttribute("signin-url") });
      const row = new UploadRow(item, this.querySelector("template"));
      this.#rows.set(item, row);
      this.summary.place(row);
      const reason = objection(file, limits);
      if (!reason) this.#queue.add(item);
      else this.#queue.set(Object.assign(item, { code: "not_taken" }), "failed", { says: reason });
    }
    this.summary.update([...this.#rows.keys()], files.length - Math.max(0, places));
    if (files.length) this.summary.show();
  }

  #changed(item) {
    this.#rows.get(item)?.update();
    this.summary.update([...this.#rows.keys()]);
    const tile = this.#rows.get(item)?.element.querySelector(".tile:not([data-unsettled])");
    if (item.step === "processing" && tile) this.#settled({ pid: item.pid, tile });
  }

  #settled({ pid, tile }) {
    const item = [...this.#rows.keys()].find((each) => each.pid === pid && each.step === "processing");
    if (!item) return;
    const isFailed = tile.dataset.state === "failed";
    if (isFailed) item.code = "not_rendered";
    this.#queue.set(item, isFailed ? "failed" : "ready", { says: isFailed ? tile.textContent.trim() : "" });
    if (!isFailed) this.#rows.get(item).settle();
  }

  #clicked({ target }) {
    const action = target.closest("[data-do]")?.dataset.do;
    const mine = [...this.#rows].filter(([, row]) => row.element.contains(target)).map(([item]) => item);
    const items = mine.length ? mine : [...this.#rows.keys()];
    if (action === "choose") this.querySelector("input[type=file]").click();
    else if (action?.startsWith("cancel")) for (const item of items) this.#queue.cancel(item);
    else if (action?.startsWith("retry")) for (const item of items) this.#retry(item, mine.length > 0);
  }

  #retry(item, isAsked) {
    if (SENT.has(item.step) || UNDER_WAY.has(item.step) || !(isAsked || isWorthRetrying(item))) return;
    Object.assign(item, { code: "", tile: "", url: "", pid: "" });
    this.#queue.start(item);
  }

  #dragged(event, isOver) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.classList.toggle("is-dropping", isOver);
  }
}

customElements.define("photo-upload", PhotoUpload);
