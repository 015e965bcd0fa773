// The service worker: shows a page when there is no connection, takes photos that other apps share, and goes on
// sending a file while the reader moves from one page to the next. A classic script. It caches one public page and no
// page of a reader. Static files are immutable: the browser's own cache has them.

const CACHE = "offline-1";
const OFFLINE = "/offline/";
const SHARED_INTO = "/upload/";
const NOT_KEPT = "/upload/#not-kept"; // the anchor of an error message on that page
const DATABASE = "tessera-uploads"; // as in files/kept-store.js
const STORE = "files";

self.addEventListener("install", (event) => event.waitUntil(begin()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.mode !== "navigate" || origin !== self.location.origin) return;
  if (request.method === "POST" && pathname === SHARED_INTO) event.respondWith(takeShared(request));
  else if (request.method === "GET") event.respondWith(pageOrOffline(event));
});
self.addEventListener("message", (event) => event.data?.put && event.waitUntil(putAgain(event.data.put)));

async function begin() {
  const cache = await caches.open(CACHE);
  await cache.add(new Request(OFFLINE, { cache: "reload", credentials: "omit" }));
  await self.skipWaiting();
}

async function takeOver() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await self.registration.navigationPreload?.enable(); // the page loads while this worker starts
  await self.clients.claim();
}

async function pageOrOffline(event) {
  try {
    const page = await event.preloadResponse;
    // Without a network Firefox's preload resolves to an error: ask again, which rejects.
    return page && page.type !== "error" ? page : await fetch(event.request);
  } catch {
    return (await caches.match(OFFLINE)) ?? Response.error();
  }
}

/** Store photos that another app shares; the upload page takes them from the store, or says that they did not fit. */
async function takeShared(request) {
  const isKept = await keep(request).then(() => true, () => false);
  return Response.redirect(isKept ? SHARED_INTO : NOT_KEPT, 303);
}

async function keep(request) {
  const files = (await request.formData()).getAll("photos").filter((file) => file instanceof File && file.size);
  const rowOf = (file) => ({ id: crypto.randomUUID(), owner: "", tab: "", file, visibility: null, at: Date.now() });
  const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  try {
    const writing = database.transaction(STORE, "readwrite");
    for (const file of files) writing.objectStore(STORE).put(rowOf(file));
    await new Promise((resolve, reject) => {
      writing.oncomplete = resolve;
      writing.onabort = () => reject(writing.error);
    });
  } finally {
    database.close();
  }
}

/** Send again what a page was sending when the reader left it; the next page waits for it (upload/put-object.js). */
async function putAgain({ url, headers, bytes }) {
  const lock = `tessera-put:${new URL(url).pathname}`;
  const signal = AbortSignal.timeout(1000); // the left page frees the lock; if the next page takes it first, that sends
  const send = () => fetch(url, { method: "PUT", headers, body: bytes });
  await navigator.locks.request(lock, { signal }, send).catch(() => {});
}
