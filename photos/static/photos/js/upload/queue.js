// The upload queue: hashes files ahead, sends three at a time, retries each by itself. Event "change" (detail: the
// item).
import { backoff, pause, pauseMs, until } from "tessera/lib/backoff";
import { canCancel, canPause, sentenceOf } from "tessera/upload/upload-item";
import { Lanes, Turns } from "tessera/lib/concurrency";
import { putParts } from "tessera/upload/multipart";
import { put } from "tessera/upload/put-object";
import { BeginAgain, Refused, SignedOut, cancel, finish, finishEarlier, renew } from "tessera/upload/transport";
import { gettext } from "tessera/lib/i18n";

const IN_FLIGHT = 3;
const BEGINNINGS = 5;

export class Queue extends EventTarget {
  items = [];
  #lanes = new Lanes(IN_FLIGHT);
  #turns = new Turns();

  /** `parts` as queueOf (pipeline.js) makes them. `objection(file, signal)` resolves to why a file is refused, or "".
   *  */
  constructor(parts) {
    super();
    Object.assign(this, parts);
  }

  add(item) {
    this.items.push(item);
    if (item.step === "paused") item.abort = new AbortController(); // it waits for start()
    else this.start(item);
  }

  /** Send `item`, from where it stopped: parts that are stored are not sent again. */
  start(item) {
    item.abort = new AbortController();
    const { signal } = item.abort;
    this.tickets.forget(item);
    this.#run(item, signal).catch((error) => signal.aborted || this.#fail(item, error));
  }

  pause(item) {
    if (canPause(item)) this.#stop(item, "paused", { done: item.step === "sending" ? item.done : 0 });
  }

  cancel(item) {
    if (!canCancel(item)) return;
    this.#stop(item, "cancelled", { says: gettext("Not uploaded") });
    item.released = this.#release(item).catch(() => {});
  }

  /** Give back the reserved quota and delete what is stored. */
  async #release(item) {
    const ticket = await item.reserved;
    item.reserved = null;
    if (ticket) await cancel(this.cancelUrl, this.token(), ticket);
  }

  set(item, step, { done = 0, says = "" } = {}) {
    Object.assign(item, { step, done, says });
    this.dispatchEvent(new CustomEvent("change", { detail: item }));
  }

  #stop(item, step, how) {
    this.tickets.forget(item);
    this.set(item, step, how);
    item.abort.abort();
  }

  async #run(item, signal) {
    this.set(item, item.sha256 ? "queued" : "waiting", { done: item.done });
    await item.released;
    if (!item.sha256) await this.#read(item, signal);
    signal.throwIfAborted();
    const send = async () => {
      if (!item.earlier) this.tickets.want(item); // an earlier ticket may have arrived: do not announce it again
      this.set(item, "queued", { done: item.done });
      await this.#lanes.run(() => this.#send(item, signal), signal);
    };
    await this.#turns.run(item.sha256, send, signal); // of a file chosen twice the second is a duplicate
  }

  async #read(item, signal) {
    const reason = await this.objection(item.file, signal);
    if (reason) throw new Refused({ code: "not_taken", message: reason });
    const onprogress = (done) => signal.aborted || this.set(item, "hashing", { done });
    Object.assign(item, await this.hasher.hash(item.file, { signal, onprogress }));
  }

  async #send(item, signal) {
    const onwait = (error) => signal.aborted || this.set(item, item.step, { done: item.done, says: error.message });
    const finishIt = () => finishEarlier(this.finishUrl, this.token(), item.earlier, signal);
    const finished = item.earlier && (await backoff(finishIt, { signal, onwait }));
    if (finished) return this.set(Object.assign(item, finished), "processing");
    item.earlier = null;
    for (let n = 1; ; n++) {
      const offer = await until(signal, this.tickets.for(item, { onwait }));
      if (offer.error) throw new Refused(offer.error);
      if (offer.duplicate) return this.#setDuplicate(item, offer);
      try {
        if (n === 1) item.isResumed = Boolean(offer.parts?.done.length);
        item.hadRoom ??= item.isResumed;
        item.ticket = offer.ticket;
        await this.#put(item, offer, { signal, onwait });
        this.set(item, "saving", { done: 1 });
        const save = () => finish(this.finishUrl, this.token(), offer.ticket, signal);
        return this.set(Object.assign(item, await backoff(save, { signal, onwait })), "processing");
      } catch (error) {
        if (!(error instanceof BeginAgain) || n >= BEGINNINGS) throw error;
        this.tickets.forget(item);
        if (n > 1) await pause(pauseMs(n), signal);
      }
    }
  }

  #setDuplicate(item, { pid, photo_url, restored, seen }) {
    this.set(Object.assign(item, { pid, url: photo_url, isRestored: restored, seen }), "duplicate");
  }

  #put(item, offer, { signal, onwait }) {
    const onprogress = (done) => signal.aborted || this.set(item, "sending", { done });
    const again = () => backoff(() => renew(this.partsUrl, this.token(), offer.ticket, signal), { signal, onwait });
    if (offer.parts) return putParts(offer.parts, item.file, { signal, onprogress, onwait, renew: again });
    onprogress(0);
    return backoff(() => put(offer, item.file, { signal, onprogress }), { signal, onwait });
  }

  #fail(item, error) {
    item.code = error instanceof SignedOut ? "signed_out" : (error.code ?? "unavailable");
    this.set(item, "failed", { says: sentenceOf(error) });
  }
}
