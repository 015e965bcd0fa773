// The IndexedDB store of unfinished uploads: rows {id, owner, tab, file, visibility, at}. `visibility` is null until
// chosen.
const DATABASE = "tessera-uploads"; // as in site/service-worker.js
const STORE = "files";

/** Resolve to the result of the request that `act(store)` returns, once it is committed. Rejects where a browser
 *  stores nothing. */
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
      const request = act(work.objectStore(STORE));
      work.oncomplete = () => resolve(request?.result);
      work.onabort = () => reject(work.error);
    });
  } finally {
    database.close();
  }
}

/** Resolve to whether the store is empty. Does not create the database: most readers never need it. */
export async function isEmpty() {
  const all = await indexedDB.databases?.();
  if (all && !all.some(({ name }) => name === DATABASE)) return true;
  return (await inStore("readonly", (store) => store.count())) === 0;
}
