// Photos on their way, kept in this browser until they have arrived: they go on after a reload, a crash, a share from
// another app. Each tab has its own; what a closed one has left, and what was shared, the next one takes.
import { SENT, canRetry } from "tessera/item";
import { offer } from "tessera/shared-files";

const DATABASE = "tessera-uploads"; // as in service-worker.js
const STORE = "files";
const LOCK = "tessera-upload:";
const LONGEST_MS = 7 * 24 * 3600 * 1000;

export class Kept {
  #owner;
  #tab = crypto.randomUUID();
  #ids = new WeakMap(); // of files; each a promise, since an upload does not wait for it

  /** Keep the files of `queue` for the person `owner`. */
  constructor(queue, owner) {
    this.#owner = owner;
    navigator.locks.request(LOCK + this.#tab, () => new Promise(() => {})); // held for as long as this page lives
    queue.addEventListener("change", ({ detail }) => this.#changed(detail));
  }

  /** Call `take(files, visibility)` with what is left of other times. What was shared waits below `root` for a word on who
   *  may see it. */
  async resume(root, take) {
    const rows = await navigator.locks.request(`${LOCK}resuming`, () => this.#inherit()).catch(() => []); // no store, no files
    const byVisibility = Map.groupBy(rows, ({ visibility }) => visibility ?? undefined);
    for (const [visibility, some] of byVisibility) {
      const files = some.map(({ file }) => file);
      if (visibility) take(files, visibility);
      else offer(root, files, { take, leave: () => files.forEach((file) => this.#forget(file)) });
    }
  }

  async #inherit() {
    const { held } = await navigator.locks.query();
    const open = new Set(held.map(({ name }) => name));
    const all = await inStore("readonly", (store) => store.getAll());
    const isOld = ({ at }) => at < Date.now() - LONGEST_MS;
    const mine = all.filter((row) => !isOld(row) && ["", this.#owner].includes(row.owner) && !open.has(LOCK + row.tab));
    for (const row of mine) this.#ids.set(row.file, Promise.resolve(row.id));
    await inStore("readwrite", (store) => {
      for (const { id } of all.filter(isOld)) store.delete(id);
      for (const row of mine) store.put({ ...row, owner: this.#owner, tab: this.#tab });
    });
    return mine;
  }

  #changed(item) {
    const { file, step } = item;
    const isOver = SENT.has(step) || step === "cancelled" || (step === "failed" && !canRetry(item));
    if (isOver) this.#forget(file);
    else if (!this.#ids.has(file)) this.#ids.set(file, this.#keep(item));
  }

  /** A browser without room for it sends it all the same. */
  async #keep({ file, visibility }) {
    const row = { id: crypto.randomUUID(), owner: this.#owner, tab: this.#tab, file, visibility, at: Date.now() };
    return inStore("readwrite", (store) => store.put(row)).then(() => row.id, () => null);
  }

  async #forget(file) {
    const id = await this.#ids.get(file);
    this.#ids.delete(file);
    if (id) await inStore("readwrite", (store) => store.delete(id)).catch(() => {}); // it is found a duplicate next time
  }
}

async function inStore(mode, act) {
  const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  try {
    return await new Promise((resolve, reject) => {
      const work = database.transaction(STORE, mode);
      const asked = act(work.objectStore(STORE));
      work.oncomplete = () => resolve(asked?.result);
      work.onabort = () => reject(work.error);
    });
  } finally {
    database.close();
  }
}
