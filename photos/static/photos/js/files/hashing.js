// SHA-256 digests of files, computed one file at a time in a Worker (hash-worker.js).
import { backoff } from "tessera/lib/backoff";

export class Unreadable extends Error {}

export class Hasher {
  #url;
  #partBytes;
  #worker = null;
  #waiting = new Map();
  #last = Promise.resolve();
  #id = 0;

  /** `url`: of the Worker's script, on the page's origin. Files over `wholeUpTo` bytes are sent in parts of
   *  `partBytes`. */
  constructor(url, { wholeUpTo, partBytes }) {
    this.#url = url;
    this.#partBytes = ({ size }) => (size > wholeUpTo ? partBytes : 0);
  }

  /** Resolve to {sha256, partSha256s} of the file (hex). Files are read one at a time; `onprogress` gets the share
   *  done, 0 to 1. Rejects with Unreadable. */
  hash(file, { signal, onprogress = () => {} }) {
    const turn = this.#last.then(() => backoff(() => this.#post(file, onprogress, signal), { signal }));
    this.#last = turn.catch(() => {});
    return turn;
  }

  close() {
    this.#worker?.terminate();
    this.#worker = null;
  }

  #post(file, onprogress, signal) {
    signal?.throwIfAborted();
    this.#worker ??= this.#start();
    return new Promise((resolve, reject) => {
      this.#waiting.set(++this.#id, { resolve, reject, onprogress, size: file.size || 1 });
      this.#worker.postMessage({ id: this.#id, file, partBytes: this.#partBytes(file) });
    });
  }

  #start() {
    const worker = new Worker(this.#url);
    worker.addEventListener("message", ({ data }) => this.#received(data));
    worker.addEventListener("error", () => {
      // The script did not load: perhaps its server is restarting. A TypeError is retried.
      for (const { reject } of this.#waiting.values()) reject(new TypeError("The Worker did not start."));
      this.#waiting.clear();
      this.close();
    });
    return worker;
  }

  #received({ id, done, digest, parts, error }) {
    const request = this.#waiting.get(id);
    if (!request) return;
    if (done !== undefined) return request.onprogress(done / request.size);
    this.#waiting.delete(id);
    if (digest) request.resolve({ sha256: digest, partSha256s: parts });
    else request.reject(new Unreadable(error));
  }
}
