// Bytes on their way to the store: from this page, or, once it is left, from the service worker.
import { Unavailable } from "tessera/lib/backoff";
import { Unreadable } from "tessera/files/hashing";
import { BeginAgain, Expired, OFFLINE, RESTARTING, Refused } from "tessera/upload/transport";
import { gettext } from "tessera/lib/i18n";

const STALLED_MS = 60_000;
const lockOf = (url) => `tessera-put:${new URL(url).pathname}`; // as in service-worker.js

/** Put a file or a part of one at its signed address; `onprogress` gets the share sent, 0 to 1. What the service worker is
 *  sending there for a page that was left counts as sent: whoever finishes finds out. */
export async function put({ url, headers = {} }, bytes, { signal, onprogress }) {
  const isOurs = await navigator.locks.request(lockOf(url), { ifAvailable: true }, async (lock) => {
    if (lock) await send({ url, headers, bytes }, { signal, onprogress });
    return Boolean(lock);
  });
  if (!isOurs) await navigator.locks.request(lockOf(url), { signal }, () => {});
}

/** Fetch cannot tell how far it is. A connection over which nothing moves for a minute counts as lost. */
function send(what, { signal, onprogress }) {
  const { url, headers, bytes } = what;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const over = new AbortController();
    let stalled = 0;
    const watch = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => (reject(new Unavailable(OFFLINE)), request.abort()), STALLED_MS);
    };
    const cancel = () => (reject(signal.reason), request.abort());
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded }) => (watch(), onprogress(loaded / (bytes.size || 1))));
    request.addEventListener("load", () => {
      const refusal = refusalOf(request.status);
      if (refusal) reject(refusal);
      else resolve();
    });
    request.addEventListener("error", async () => reject(await isReadable(bytes) ? new Unavailable(navigator.onLine ? RESTARTING : OFFLINE) : new Unreadable()));
    request.addEventListener("loadend", () => (clearTimeout(stalled), over.abort()));
    signal?.addEventListener("abort", cancel, { signal: over.signal });
    const handOver = () => {
      request.abort();
      reject(new Unavailable(OFFLINE)); // and the lock is free
      navigator.serviceWorker?.controller?.postMessage({ put: what });
    };
    window.addEventListener("pagehide", handOver, { signal: over.signal });
    watch();
    request.send(bytes);
  });
}

function refusalOf(status) {
  // 412: an earlier try arrived after all. The address takes these bytes only, and once.
  if (status < 300 || status === 412) return null;
  if (status >= 500 || status === 429) return new Unavailable(RESTARTING);
  if (status === 413) return new Refused({ code: "too_large", message: gettext("The store finds this file too large.") });
  return status === 403 ? new Expired() : new BeginAgain();
}

/** A file that was moved or changed on the disk looks like a lost connection, and is none. */
const isReadable = (bytes) => bytes.slice(0, 1).arrayBuffer().then(() => true, () => false);
