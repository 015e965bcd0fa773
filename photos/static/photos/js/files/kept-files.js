// Photos on their way, kept in this browser until they have arrived: they go on on the next page, after a reload, a crash,
// a share from another app. Each page has its own; what one that is gone has left, and what was shared, the next one takes.
import { Item, SENT, canRetry } from "tessera/upload/upload-item";
import { inStore } from "tessera/files/kept-store";

const LOCK = "tessera-upload:";
const NOTE = "tessera-upload:"; // and the id of a row, in sessionStorage: what this tab knows of the file beside its bytes
const OVER = "over";
const BEFORE = "tessera-upload-page"; // the page that this tab had before
const SENT_BEFORE = "tessera-upload-sent"; // how many of these photos earlier pages of this tab have sent
const LONGEST_MS = 7 * 24 * 3600 * 1000;
const GOING_MS = 2000; // how long a page that was left may take to be gone

export class Kept {
  #owner;
  #page = crypto.randomUUID();
  #ids = new WeakMap(); // of files; each a promise, since an upload does not wait for it
  #safe = new WeakSet();
  #held = null;

  /** Keep the files of `queue` for the person `owner`. */
  constructor(queue, owner) {
    this.#owner = owner;
    queue.addEventListener("change", ({ detail }) => this.#changed(detail));
  }

  /** Resolve to what is left of other times: {items, shared}: photos on their way, and files that wait for a word on who may
   *  see them. Those stay where they are for a page that cannot ask. */
  async resume({ canAsk = true } = {}) {
    const rows = await this.#inherit(canAsk).catch(() => []); // no store, no files
    if (!rows.some(({ visibility }) => visibility)) sessionStorage.removeItem(SENT_BEFORE);
    return {
      items: rows.filter(({ visibility }) => visibility).map((row) => this.#itemOf(row)),
      shared: rows.filter(({ visibility }) => !visibility).map(({ file }) => file),
    };
  }

  get sentBefore() {
    return Number(sessionStorage.getItem(SENT_BEFORE));
  }

  /** Whether `file` outlives this page. */
  has(file) {
    return this.#safe.has(file);
  }

  /** Note what this tab knows of `item` beside its bytes: fingerprints, where it goes, description, whether it is paused. */
  async note({ file, step, done, sha256, partSha256s, ticket, alt }) {
    const id = await this.#ids.get(file);
    if (id) sessionStorage.setItem(NOTE + id, JSON.stringify({ sha256, partSha256s, ticket, alt, paused: step === "paused", done }));
  }

  async forget(file) {
    const id = await this.#ids.get(file);
    this.#ids.delete(file);
    this.#safe.delete(file);
    if (!id) return;
    sessionStorage.setItem(NOTE + id, OVER); // at once: the page may be left before the row is gone
    await inStore("readwrite", (store) => store.delete(id)).then(() => sessionStorage.removeItem(NOTE + id), () => {});
  }

  async #inherit(canAsk) {
    await this.#waitForThePageBefore();
    await this.#hold();
    return navigator.locks.request(`${LOCK}resuming`, async () => {
      const { held } = await navigator.locks.query();
      const open = new Set(held.map(({ name }) => name));
      const all = await inStore("readonly", (store) => store.getAll());
      const isOld = ({ at, id }) => at < Date.now() - LONGEST_MS || sessionStorage.getItem(NOTE + id) === OVER;
      const isMine = (row) => (row.owner === this.#owner || (canAsk && !row.owner)) && (canAsk || row.visibility);
      const mine = all.filter((row) => !isOld(row) && isMine(row) && !open.has(LOCK + row.tab));
      for (const { id, file } of mine) this.#ids.set(file, Promise.resolve(id)) && this.#safe.add(file);
      await inStore("readwrite", (store) => {
        for (const { id } of all.filter(isOld)) store.delete(id), sessionStorage.removeItem(NOTE + id);
        for (const row of mine) store.put({ ...row, owner: this.#owner, tab: this.#page });
      });
      return mine;
    });
  }

  /** A page that was left a moment ago may still have its files. (A tab that was copied has the same page before it, open.) */
  async #waitForThePageBefore() {
    const before = sessionStorage.getItem(BEFORE);
    if (before) await navigator.locks.request(LOCK + before, { signal: AbortSignal.timeout(GOING_MS) }, () => {}).catch(() => {});
  }

  /** Others see that this page lives, for as long as it does. */
  #hold() {
    this.#held ??= new Promise((resolve) => {
      navigator.locks.request(LOCK + this.#page, () => (resolve(), new Promise(() => {})));
      sessionStorage.setItem(BEFORE, this.#page);
    });
    return this.#held;
  }

  #itemOf({ id, file, visibility }) {
    const { sha256, partSha256s, ticket, alt, paused, done = 0 } = JSON.parse(sessionStorage.getItem(NOTE + id) ?? "{}");
    return Object.assign(new Item(file, visibility), { sha256, partSha256s, earlier: ticket, alt }, paused && { step: "paused", done });
  }

  #changed(item) {
    const { file, step, code } = item;
    const isOver = SENT.has(step) || step === "cancelled" || (step === "failed" && (code === "not_rendered" || !canRetry(item)));
    if (isOver && SENT.has(step) && this.#ids.has(file)) sessionStorage.setItem(SENT_BEFORE, this.sentBefore + 1);
    if (isOver) return this.forget(file);
    if (!this.#ids.has(file)) this.#ids.set(file, this.#keep(item));
    if (step === "queued" || step === "paused" || (step === "sending" && !item.done)) this.note(item);
  }

  /** A browser without room for it sends it all the same. */
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
