// Where the bytes go: signed addresses, asked for in batches: whoever needs one brings along those whose fingerprints are ready too.
import { backoff } from "tessera/lib/backoff";
import { typeOf } from "tessera/files/files";
import { begin } from "tessera/upload/transport";

const BATCH = 20;
const GOOD_FOR_MS = 10 * 60 * 1000; // addresses expire after a quarter of an hour

export class Tickets {
  #url;
  #token;
  #wanting = new Set();
  #asked = new Map();

  constructor(url, token) {
    this.#url = url;
    this.#token = token;
  }

  /** Say that `item` has its fingerprint and will need an address. */
  want(item) {
    this.#wanting.add(item);
  }

  forget(item) {
    this.#wanting.delete(item);
    this.#asked.delete(item);
  }

  /** Resolve to the answer for `item`: {ticket, url, headers}, {ticket, parts}, {duplicate…} or {error…}. */
  async for(item, { onwait }) {
    const known = this.#asked.get(item);
    if (!known || known.until < Date.now()) this.#askFor(item, onwait);
    const { answers, place } = this.#asked.get(item);
    try {
      return (await answers)[place];
    } catch (error) {
      this.#asked.delete(item);
      throw error;
    }
  }

  #askFor(item, onwait) {
    this.#wanting.delete(item);
    const batch = [item, ...this.#wanting].slice(0, BATCH);
    const files = batch.map(({ file, sha256, partSha256s, visibility }) => (
      { name: file.name, size: file.size, type: typeOf(file), sha256, part_sha256s: partSha256s, visibility }
    ));
    const answers = backoff(() => begin(this.#url, this.#token(), files), { onwait });
    answers.catch(() => {}); // each item that waits for it hears of it by itself
    batch.forEach((each, place) => {
      this.#wanting.delete(each);
      const before = each.reserved;
      each.reserved = answers.then((all) => all[place].ticket, () => before);
      this.#asked.set(each, { answers, place, until: Date.now() + GOOD_FOR_MS });
    });
  }
}
