// Where this browser keeps photos on their way: rows {id, owner, tab, file, visibility, at}. `visibility` is null until it is said.
const DATABASE = "tessera-uploads"; // as in service-worker.js
const STORE = "files";

/** Resolve to what `act(store)` asked for, once it is done for good. Rejects where a browser keeps nothing. */
export async function inStore(mode, act) {
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

/** Resolve to whether nothing is kept. Whoever only reads never gets a database. */
export async function isEmpty() {
  const all = await indexedDB.databases?.();
  if (all && !all.some(({ name }) => name === DATABASE)) return true;
  return (await inStore("readonly", (store) => store.count())) === 0;
}
