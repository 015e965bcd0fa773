// Limits on what runs at the same time: a number of lanes, or one at a time for each key.
import { until } from "tessera/lib/backoff";

export class Lanes {
  #free;
  #waiting = [];

  /** At most `count` pieces of work run at the same time; the others wait in order. */
  constructor(count) {
    this.#free = count;
  }

  /** Run `work()` as soon as a lane is free and resolve to its result. Rejects, and frees the lane, if `signal`
   *  aborts first. */
  async run(work, signal) {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise((go) => this.#waiting.push(go));
    try {
      signal?.throwIfAborted();
      return await work();
    } finally {
      this.#leave();
    }
  }

  #leave() {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

/** Runs work with the same key one after the other. */
export class Turns {
  #last = new Map();

  async run(key, work, signal) {
    const before = this.#last.get(key);
    const turn = before ? until(signal, before).then(work) : work();
    this.#last.set(key, turn.catch(() => {}));
    await turn;
  }
}
