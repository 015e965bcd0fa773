// Multipart uploads of large files. Stored parts stay: a lost network, a pause or a reload costs one part at most.
import { backoff } from "tessera/lib/backoff";
import { Lanes } from "tessera/lib/concurrency";
import { put } from "tessera/upload/put-object";
import { Expired } from "tessera/upload/transport";

const RENEWALS = 4; // of addresses, without a part stored in between
const lanes = new Lanes(2); // for all files; the parts of one file are sent one after the other

/** Put the parts of `file` that are not stored yet. `plan`: {size: bytes of a part, addresses, done: numbers of
 *  stored parts}. `onprogress` gets the share of the whole file, 0 to 1; `renew()` resolves to a plan with fresh
 *  addresses; `onwait(error)` is called before each pause. */
export async function putParts(plan, file, { signal, onprogress, onwait, renew }) {
  let progress = new Progress(plan, file, onprogress);
  let renewals = 0;
  for (let number = progress.next(); number; number = progress.next()) {
    const slice = file.slice((number - 1) * plan.size, number * plan.size);
    const onpart = (share) => progress.report(share * slice.size);
    const send = () => put(plan.addresses[number - 1], slice, { signal, onprogress: onpart });
    try {
      await backoff(() => lanes.run(send, signal), { signal, onwait });
      progress.add(number);
      renewals = 0;
    } catch (error) {
      if (!(error instanceof Expired) || ++renewals > RENEWALS) throw error;
      plan = await renew();
      progress = new Progress(plan, file, onprogress);
    }
  }
}

/** Which parts of a file are stored, and what share of the file that is. */
class Progress {
  #stored;

  constructor({ size, addresses, done }, file, onprogress) {
    Object.assign(this, { size, file, onprogress, count: addresses.length });
    this.#stored = new Set(done);
    this.report(0);
  }

  /** Return the number of the first missing part, from 1; 0 when all are stored. */
  next() {
    for (let number = 1; number <= this.count; number++) if (!this.#stored.has(number)) return number;
    return 0;
  }

  add(number) {
    this.#stored.add(number);
  }

  report(bytesUnderWay) {
    const last = this.file.size - (this.count - 1) * this.size;
    const stored = this.#stored.size * this.size - (this.#stored.has(this.count) ? this.size - last : 0);
    this.onprogress((stored + bytesUnderWay) / this.file.size);
  }
}
