// PUT of a file, or a part of one, to the object store: by this page or, once the reader leaves it, by the service
// worker.
import { Unavailable } from "tessera/lib/backoff";
import { Unreadable } from "tessera/files/hashing";
import { BeginAgain, Expired, OFFLINE, RESTARTING, Refused } from "tessera/upload/transport";
import { gettext } from "tessera/lib/i18n";

const STALLED_MS = 60_000;
const LEAVING_MS = 100;
const lockOf = (url) => `tessera-put:${new URL(url).pathname}`; // as in site/service-worker.js

/** Put `bytes` at their signed address; `onprogress` gets the share sent, 0 to 1. If the service worker is sending
 *  them for an earlier page, wait for it and count them as sent: finishing the upload checks that. Rejects with
 *  Unavailable, Unreadable, Refused, BeginAgain or Expired. */
export async function put({ url, headers = {} }, bytes, { signal, onprogress }) {
  if (!(await isReadable(bytes))) throw new Unreadable();
  const isOurs = await navigator.locks.request(lockOf(url), { ifAvailable: true }, async (lock) => {
    if (lock) await send({ url, headers, bytes }, { signal, onprogress });
    return Boolean(lock);
  });
  if (!isOurs) await navigator.locks.request(lockOf(url), { signal }, () => {});
}

/** Send by XMLHttpRequest: fetch has no upload progress. A connection without progress for a minute counts as lost. */
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
    request.upload.addEventListener("progress", ({ loaded }) => {
      watch();
      onprogress(loaded / (bytes.size || 1));
    });
    request.addEventListener("load", () => {
      over.abort();
      const refusal = refusalOf(request.status);
      if (refusal) reject(refusal);
      else resolve();
    });
    request.addEventListener("error", async () => {
      // WebKit breaks connections before it hides a page that the reader leaves: what follows is not for this page.
      await new Promise((go) => setTimeout(go, LEAVING_MS));
      over.abort();
      const reason = navigator.onLine ? RESTARTING : OFFLINE;
      reject((await isReadable(bytes)) ? new Unavailable(reason) : new Unreadable());
    });
    request.addEventListener("abort", () => over.abort());
    request.addEventListener("loadend", () => clearTimeout(stalled));
    signal?.addEventListener("abort", cancel, { signal: over.signal });
    const handOver = () => {
      request.abort();
      reject(new Unavailable(OFFLINE)); // which frees the lock
      navigator.serviceWorker?.controller?.postMessage({ put: what });
    };
    window.addEventListener("pagehide", handOver, { signal: over.signal });
    watch();
    request.send(bytes);
  });
}

function refusalOf(status) {
  // 412: an earlier try has arrived after all; the address accepts only these bytes, and only once.
  if (status < 300 || status === 412) return null;
  if (status >= 500 || status === 429) return new Unavailable(RESTARTING);
  if (status === 413) {
    return new Refused({ code: "too_large", message: gettext("The file is too large for the photo store.") });
  }
  return status === 403 ? new Expired() : new BeginAgain();
}

/** Resolve to whether the file can still be read: one that was moved or changed on the disk looks like a lost
 *  connection. */
const isReadable = (bytes) => bytes.slice(0, 1).arrayBuffer().then(() => true, () => false);
