// So many at a time and no more; the others wait in line.
import { until } from "tessera/lib/backoff";

export class Lanes {
  #free;
  #line = [];

  constructor(count) {
    this.#free = count;
  }

  /** Run `work()` as soon as a lane is free and resolve to its outcome; whoever gave up meanwhile makes room. */
  async run(work, signal) {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise((go) => this.#line.push(go));
    try {
      signal?.throwIfAborted();
      return await work();
    } finally {
      this.#leave();
    }
  }

  #leave() {
    const next = this.#line.shift();
    if (next) next();
    else this.#free += 1;
  }
}

/** What has the same key goes one after the other. */
export class Turns {
  #last = new Map();

  async run(key, work, signal) {
    const before = this.#last.get(key);
    const turn = before ? until(signal, before).then(work) : work();
    this.#last.set(key, turn.catch(() => {}));
    await turn;
  }
}
