// Unfinished uploads, kept in this browser until they have arrived: they continue on the next page, after a reload,
// after a crash. Each page owns its rows (a Web Lock shows that it lives); the next page takes the rows of pages that
// are gone, and the files that other apps have shared.
import { Item, SENT, canRetry, isOnSite } from "tessera/upload/upload-item";
import { inStore } from "tessera/files/kept-store";

const LOCK = "tessera-upload:";
const NOTE = "tessera-upload:"; // and the id of a row: key in sessionStorage of what this tab knows of a file
const OVER = "over";
const BEFORE = "tessera-upload-page"; // the previous page of this tab
const SENT_BEFORE = "tessera-upload-sent"; // the number of photos that earlier pages of this tab have sent
const LONGEST_MS = 7 * 24 * 3600 * 1000;
const GOING_MS = 2000; // how long the browser may take to unload the previous page

export class Kept {
  #owner;
  #page = crypto.randomUUID();
  #ids = new WeakMap(); // file → promise of the id of its row: an upload does not wait for it
  #safe = new WeakSet(); // files that are stored
  #held = null;

  /** Store the files of `queue` for the user `owner` (an id). */
  constructor(queue, owner) {
    this.#owner = owner;
    queue.addEventListener("change", ({ detail }) => this.#changed(detail));
  }

  /** Resolve to what earlier pages left: {items, shared}, uploads to continue and files whose visibility is not
   *  chosen yet. With `canAsk` false (a page that cannot ask for the visibility) the latter stay in the store. */
  async resume({ canAsk = true } = {}) {
    const rows = await this.#inherit(canAsk).catch(() => []); // a browser without a store
    if (!rows.some(({ visibility }) => visibility)) sessionStorage.removeItem(SENT_BEFORE);
    return {
      items: rows.filter(({ visibility }) => visibility).map((row) => this.#itemOf(row)),
      shared: rows.filter(({ visibility }) => !visibility).map(({ file }) => file),
    };
  }

  get sentBefore() {
    return Number(sessionStorage.getItem(SENT_BEFORE));
  }

  /** Return whether `file` is stored, so that it outlives this page. */
  has(file) {
    return this.#safe.has(file);
  }

  /** Save what this tab knows of `item` beside its bytes: digests, ticket, description, whether it is paused. */
  async note({ file, step, done, sha256, partSha256s, ticket, alt }) {
    const id = await this.#ids.get(file);
    const known = { sha256, partSha256s, ticket, alt, paused: step === "paused", done };
    if (id) sessionStorage.setItem(NOTE + id, JSON.stringify(known));
  }

  async forget(file) {
    const id = await this.#ids.get(file);
    this.#ids.delete(file);
    this.#safe.delete(file);
    if (!id) return;
    sessionStorage.setItem(NOTE + id, OVER); // at once: the reader may leave the page before the row is deleted
    const isDeleted = await inStore("readwrite", (store) => store.delete(id)).then(() => true, () => false);
    if (isDeleted) sessionStorage.removeItem(NOTE + id);
  }

  async #inherit(canAsk) {
    await this.#waitForPreviousPage();
    await this.#hold();
    return navigator.locks.request(`${LOCK}resuming`, async () => {
      const { held } = await navigator.locks.query();
      const open = new Set(held.map(({ name }) => name));
      const all = await inStore("readonly", (store) => store.getAll());
      const isOver = (id) => sessionStorage.getItem(NOTE + id) === OVER;
      const isOld = ({ at, id }) => at < Date.now() - LONGEST_MS || isOver(id);
      const isOurs = ({ owner }) => owner === this.#owner || (canAsk && !owner);
      const isMine = (row) => isOurs(row) && (canAsk || row.visibility);
      const mine = all.filter((row) => !isOld(row) && isMine(row) && !open.has(LOCK + row.tab));
      await inStore("readwrite", (store) => {
        for (const { id } of all.filter(isOld)) store.delete(id), sessionStorage.removeItem(NOTE + id);
        for (const row of mine) store.put({ ...row, owner: this.#owner, tab: this.#page });
      });
      // A put replaces the bytes too: in Firefox the files that were read before it cannot be read any more.
      const ours = mine.length ? await inStore("readonly", (store) => store.getAll()) : [];
      const taken = ours.filter(({ tab }) => tab === this.#page);
      for (const { id, file } of taken) this.#ids.set(file, Promise.resolve(id)) && this.#safe.add(file);
      return taken;
    });
  }

  /** Wait until the previous page of this tab has let go of its files. It may never: it stays open if the tab was
   *  duplicated. */
  async #waitForPreviousPage() {
    const before = sessionStorage.getItem(BEFORE);
    const signal = AbortSignal.timeout(GOING_MS);
    if (before) await navigator.locks.request(LOCK + before, { signal }, () => {}).catch(() => {});
  }

  /** Hold the lock of this page for as long as it lives: other pages then leave its rows alone. */
  #hold() {
    this.#held ??= new Promise((resolve) => {
      const live = () => (resolve(), new Promise(() => {}));
      navigator.locks.request(LOCK + this.#page, live).catch(() => {}); // WebKit rejects when the page is left
      sessionStorage.setItem(BEFORE, this.#page);
    });
    return this.#held;
  }

  #itemOf({ id, file, visibility }) {
    const known = JSON.parse(sessionStorage.getItem(NOTE + id) ?? "{}");
    const { sha256, partSha256s, ticket, alt, paused, done = 0 } = known;
    const item = Object.assign(new Item(file, visibility), { sha256, partSha256s, earlier: ticket, alt });
    return Object.assign(item, paused && { step: "paused", done });
  }

  #changed(item) {
    const { file, step } = item;
    const isLost = step === "failed" && (isOnSite(item) || !canRetry(item));
    const isOver = SENT.has(step) || step === "cancelled" || isLost;
    if (SENT.has(step) && this.#ids.has(file)) sessionStorage.setItem(SENT_BEFORE, this.sentBefore + 1);
    if (isOver) return this.forget(file);
    if (!this.#ids.has(file)) this.#ids.set(file, this.#keep(item));
    if (step === "queued" || step === "paused" || (step === "sending" && !item.done)) this.note(item);
  }

  /** Store a file; resolves to the id of its row, or to null in a browser without room: the upload goes on all the
   *  same. */
  async #keep({ file, visibility }) {
    try {
      await this.#hold();
      const row = { id: crypto.randomUUID(), owner: this.#owner, tab: this.#page, file, visibility, at: Date.now() };
      await inStore("readwrite", (store) => store.put(row));
      this.#safe.add(file);
      return row.id;
    } catch {
      return null;
    }
  }
}
