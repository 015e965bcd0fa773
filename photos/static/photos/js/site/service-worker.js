// What the browser runs of ours beside the pages: the page for no connection, the way in for photos from other apps, and what
// is being sent while one page gives way to the next.
// It keeps no page of anybody's: one public page, nothing else. Static files are immutable and in the browser's own cache.

const CACHE = "offline-1";
const OFFLINE = "/offline/";
const SHARED_INTO = "/upload/";
const NOT_KEPT = "/upload/#not-kept"; // a sentence on that page
const DATABASE = "tessera-uploads"; // as in kept-files.js
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
self.addEventListener("message", (event) => event.data?.put && event.waitUntil(putOn(event.data.put)));

async function begin() {
  const cache = await caches.open(CACHE);
  await cache.add(new Request(OFFLINE, { cache: "reload", credentials: "omit" }));
  await self.skipWaiting();
}

async function takeOver() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await self.registration.navigationPreload?.enable(); // so that waking us costs a page no time
  await self.clients.claim();
}

async function pageOrOffline(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await caches.match(OFFLINE)) ?? Response.error();
  }
}

/** Photos shared from another app wait in this browser; the upload page takes them from there, or says that they did not fit. */
async function takeShared(request) {
  const isKept = await keep(request).then(() => true, () => false);
  return Response.redirect(isKept ? SHARED_INTO : NOT_KEPT, 303);
}

async function keep(request) {
  const files = (await request.formData()).getAll("photos").filter((file) => file instanceof File && file.size);
  const rows = files.map((file) => ({ id: crypto.randomUUID(), owner: "", tab: "", file, visibility: null, at: Date.now() }));
  const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  try {
    const writing = database.transaction(STORE, "readwrite");
    for (const row of rows) writing.objectStore(STORE).put(row);
    await new Promise((resolve, reject) => {
      writing.oncomplete = resolve;
      writing.onabort = () => reject(writing.error);
    });
  } finally {
    database.close();
  }
}

/** What a page was sending when it was left is sent on, from its beginning; the next page waits for it (transport.js). */
async function putOn({ url, headers, bytes }) {
  const itLetsGo = AbortSignal.timeout(1000); // the page that was left; the next one may be quicker than we
  const send = () => fetch(url, { method: "PUT", headers, body: bytes });
  await navigator.locks.request(`tessera-put:${new URL(url).pathname}`, { signal: itLetsGo }, send).catch(() => {}); // the next page sends it
}
