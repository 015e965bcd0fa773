// Upload tickets with signed addresses, requested in batches: a request for one item includes all items that are
// hashed.
import { backoff } from "tessera/lib/backoff";
import { typeOf } from "tessera/files/file-kinds";
import { begin } from "tessera/upload/transport";

const BATCH = 20;
const GOOD_FOR_MS = 10 * 60 * 1000; // addresses expire after 15 minutes

export class Tickets {
  #url;
  #token;
  #kindsLoaded;
  #wanting = new Set(); // hashed items without a ticket
  #requests = new Map(); // item → {answers: promise of a batch, place in it, until: ms}

  /** `kindsLoaded()` resolves once media types can be told by names. */
  constructor(url, token, kindsLoaded) {
    this.#url = url;
    this.#token = token;
    this.#kindsLoaded = kindsLoaded;
  }

  /** Note that `item` is hashed and will need a ticket. */
  want(item) {
    this.#wanting.add(item);
  }

  forget(item) {
    this.#wanting.delete(item);
    this.#requests.delete(item);
  }

  /** Resolve to the answer for `item`: {ticket, url, headers}, {ticket, parts}, {duplicate…} or {error…}.
   *  Rejects as begin() does. */
  async for(item, { onwait }) {
    const known = this.#requests.get(item);
    if (!known || known.until < Date.now()) this.#request(item, onwait);
    const { answers, place } = this.#requests.get(item);
    try {
      return (await answers)[place];
    } catch (error) {
      this.#requests.delete(item);
      throw error;
    }
  }

  #request(item, onwait) {
    this.#wanting.delete(item);
    const batch = [item, ...this.#wanting].slice(0, BATCH);
    const files = () => batch.map(({ file, sha256, partSha256s, visibility }) => (
      { name: file.name, size: file.size, type: typeOf(file), sha256, part_sha256s: partSha256s, visibility }
    ));
    const ask = async () => {
      await this.#kindsLoaded(); // a file that was kept from an earlier page has not been judged on this one
      return begin(this.#url, this.#token(), files());
    };
    const answers = backoff(ask, { onwait });
    answers.catch(() => {}); // each item that awaits it handles the error
    batch.forEach((each, place) => {
      this.#wanting.delete(each);
      const before = each.reserved;
      each.reserved = answers.then((all) => all[place].ticket, () => before);
      this.#requests.set(each, { answers, place, until: Date.now() + GOOD_FOR_MS });
    });
  }
}
