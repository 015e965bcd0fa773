// Retries with exponential backoff and jitter.

/** A fault that passes by itself: a restart, a lost connection. `afterSeconds`: the server's Retry-After, 0 without. */
export class Unavailable extends Error {
  constructor(message, afterSeconds = 0) {
    super(message);
    this.afterSeconds = afterSeconds;
  }
}

const isTransient = (error) => error instanceof Unavailable || error instanceof TypeError;

/** Return the pause before try `n` (from 1) in milliseconds: 1 s doubling to 20 s, plus or minus a quarter. */
export function pauseMs(n, afterSeconds = 0) {
  const seconds = Math.min(20, 2 ** (n - 1));
  return Math.max(seconds, Math.min(afterSeconds, 30)) * (750 + Math.random() * 500);
}

/** Resolve after `ms` milliseconds, or as soon as the browser is online again; reject when `signal` aborts. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const end = new AbortController();
    const timer = setTimeout(() => finish(resolve), ms);
    const finish = (settle, value) => {
      clearTimeout(timer);
      end.abort();
      settle(value);
    };
    window.addEventListener("online", () => finish(resolve), { signal: end.signal });
    signal?.addEventListener("abort", () => finish(reject, signal.reason), { signal: end.signal });
    if (signal?.aborted) finish(reject, signal.reason);
  });
}

/** Resolve to what `attempt()` resolves to. Transient faults are retried: 8 tries over about a minute and a half, and
 *  for as long as there is no network. `onwait(error)` is called before each pause. Any other error rejects at once.
 *  */
export async function backoff(attempt, { signal, onwait = () => {}, tries = 8 } = {}) {
  for (let n = 1; ; n++) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!isTransient(error) || (n >= tries && navigator.onLine)) throw error;
      onwait(error);
      await pause(pauseMs(n, error.afterSeconds), signal);
    }
  }
}

/** Settle as `promise` does, or reject when `signal` aborts. */
export function until(signal, promise) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}
