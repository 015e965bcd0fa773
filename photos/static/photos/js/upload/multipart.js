// A large file goes up in parts. What is stored stays stored: a lost network, a pause or a reload costs one part at most.
import { backoff } from "tessera/lib/backoff";
import { Lanes } from "tessera/lib/concurrency";
import { put } from "tessera/upload/put-object";
import { Expired } from "tessera/upload/transport";

const RENEWALS = 4; // in a row, without a part stored in between
const lanes = new Lanes(2); // over all files; the parts of one file go one after the other

/** Put the parts of `file` that `plan` {size, addresses, done} does not have yet. `onprogress` gets the share of the whole
 *  file, 0 to 1; `renew()` resolves to a plan with fresh addresses; `onwait(error)` is told before each pause. */
export async function putParts(plan, file, { signal, onprogress, onwait, renew }) {
  let progress = new Progress(plan, file, onprogress);
  let renewals = 0;
  for (let number = progress.next(); number; number = progress.next()) {
    const slice = file.slice((number - 1) * plan.size, number * plan.size);
    const send = () => put(plan.addresses[number - 1], slice, { signal, onprogress: (share) => progress.tell(share * slice.size) });
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

/** Which parts are stored, and how much of the whole that is. */
class Progress {
  #stored;

  constructor({ size, addresses, done }, file, onprogress) {
    Object.assign(this, { size, file, onprogress, count: addresses.length });
    this.#stored = new Set(done);
    this.tell(0);
  }

  /** The first part that is missing, from 1; 0 when all are there. */
  next() {
    for (let number = 1; number <= this.count; number++) if (!this.#stored.has(number)) return number;
    return 0;
  }

  add(number) {
    this.#stored.add(number);
  }

  tell(bytesUnderWay) {
    const last = this.file.size - (this.count - 1) * this.size;
    const stored = this.#stored.size * this.size - (this.#stored.has(this.count) ? this.size - last : 0);
    this.onprogress((stored + bytesUnderWay) / this.file.size);
  }
}
