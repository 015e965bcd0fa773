// The upload queue: fingerprints ahead, three photos in flight, each through its own mishaps to its own end.
import { Unavailable, backoff, pause, pauseMs } from "tessera/backoff";
import { Unreadable } from "tessera/hashing";
import { BeginAgain, Refused, SignedOut, finish, put } from "tessera/transport";

const IN_FLIGHT = 3;
const BEGINNINGS = 5;
export const UNDER_WAY = new Set(["waiting", "hashing", "queued", "sending", "saving"]);
const FINAL = new Set(["not_taken", "too_large", "empty", "unsupported_format"]);
export const SENT = new Set(["processing", "ready", "duplicate"]);

/** Whether a failed item may fare better another time; what cannot be rendered now only if somebody insists. */
export const canRetry = ({ step, code }) => step === "cancelled" || (step === "failed" && !FINAL.has(code));
export const isWorthRetrying = (item) => item.step === "failed" && item.code !== "not_rendered" && canRetry(item);

/** One photo on its way. `step` is where it is, `done` the share of that step, `says` what its reader should know. */
export class Item {
  step = "waiting";
  done = 0;
  says = "";
  constructor(file, visibility) {
    Object.assign(this, { file, visibility });
  }
}

export class Queue extends EventTarget {
  items = [];
  #lanes = IN_FLIGHT;
  #line = [];

  /** `hasher`, `tickets`; `finishUrl`; `token()` gives the CSRF token of the moment. */
  constructor({ hasher, tickets, finishUrl, token }) {
    super();
    Object.assign(this, { hasher, tickets, finishUrl, token });
  }

  add(item) {
    this.items.push(item);
    this.start(item);
  }

  /** Send `item`, from wherever it got stuck. */
  start(item) {
    item.abort = new AbortController();
    this.tickets.forget(item);
    this.#run(item, item.abort.signal).catch((error) => this.#fail(item, error));
  }

  cancel(item) {
    if (!UNDER_WAY.has(item.step)) return;
    this.tickets.forget(item);
    this.set(item, "cancelled", { says: "Not sent." });
    item.abort.abort();
  }

  set(item, step, { done = 0, says = "" } = {}) {
    Object.assign(item, { step, done, says });
    this.dispatchEvent(new CustomEvent("change", { detail: item }));
  }

  async #run(item, signal) {
    this.set(item, item.sha256 ? "queued" : "waiting");
    item.sha256 ??= await this.hasher.hash(item.file, { signal, onprogress: (done) => signal.aborted || this.set(item, "hashing", { done }) });
    signal.throwIfAborted();
    this.tickets.want(item);
    this.set(item, "queued");
    await this.#enter(signal);
    try {
      await this.#send(item, signal);
    } finally {
      this.#leave();
    }
  }

  async #send(item, signal) {
    const onwait = (error) => signal.aborted || this.set(item, item.step, { says: error.message });
    for (let n = 1; ; n++) {
      const offer = await this.tickets.for(item, { onwait });
      signal.throwIfAborted();
      if (offer.error) throw new Refused(offer.error);
      if (offer.duplicate) return this.set(Object.assign(item, { pid: offer.pid, url: offer.photo_url }), "duplicate");
      try {
        const onprogress = (done) => signal.aborted || this.set(item, "sending", { done });
        onprogress(0);
        await backoff(() => put(offer, item.file, { signal, onprogress }), { signal, onwait });
        this.set(item, "saving", { done: 1 });
        const saved = await backoff(() => finish(this.finishUrl, this.token(), offer.ticket, signal), { signal, onwait });
        return this.set(Object.assign(item, { pid: saved.pid, url: saved.photo_url, tile: saved.tile_html }), "processing");
      } catch (error) {
        if (!(error instanceof BeginAgain) || n >= BEGINNINGS) throw error;
        this.tickets.forget(item);
        if (n > 1) await pause(pauseMs(n), signal);
      }
    }
  }

  async #enter(signal) {
    if (this.#lanes > 0) this.#lanes -= 1;
    else await new Promise((go) => this.#line.push(go));
    if (signal.aborted) this.#leave();
    signal.throwIfAborted();
  }

  #leave() {
    const next = this.#line.shift();
    if (next) next();
    else this.#lanes += 1;
  }

  #fail(item, error) {
    if (item.step === "cancelled" || item.abort.signal.aborted) return;
    item.code = error instanceof SignedOut ? "signed_out" : (error.code ?? "unavailable");
    this.set(item, "failed", { says: sentence(error) });
  }
}

function sentence(error) {
  if (error instanceof Refused) return error.message;
  if (error instanceof SignedOut) return "Your sign-in has run out.";
  if (error instanceof Unreadable) return "This file could not be read. It may have been moved or changed since you chose it.";
  if (error instanceof BeginAgain) return "The photo did not arrive whole, several times. Please try it again.";
  return "We could not reach the site for a while. Nothing is lost; try again.";
}
