// The calls of an upload: begin (where each file goes), put (the bytes, straight to the store), renew, finish.
import { Unavailable } from "tessera/backoff";
import { Unreadable } from "tessera/hashing";
import { gettext } from "tessera/words";

/** The server said no, and will say no again; its sentence is for the person. */
export class Refused extends Error {
  constructor({ code = "refused", message = gettext("This photo was not accepted.") } = {}) {
    super(message);
    this.code = code;
  }
}
/** The store does not take or does not have the bytes: begin again. */
export class BeginAgain extends Error {}
/** The signed address is no longer good. */
export class Expired extends BeginAgain {}
export class SignedOut extends Error {}

const RESTARTING = gettext("The site is restarting. One moment.");
const OFFLINE = gettext("No connection. We go on when it is back.");
const STALLED_MS = 60_000;

async function post(url, token, body, signal) {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body),
      signal,
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new Unavailable(OFFLINE);
  }
  if (response.status >= 500 || response.status === 429) {
    throw new Unavailable(RESTARTING, Number(response.headers.get("Retry-After")) || 0);
  }
  if (response.status === 401 || response.status === 403 || response.redirected) throw new SignedOut();
  const answer = await response.json().catch(() => null);
  if (!answer) throw new Unavailable(RESTARTING);
  return { status: response.status, answer };
}

/** Ask where `files` [{name, size, type, sha256, part_sha256s, visibility}] go; resolves to one answer each, in their order. */
export async function begin(url, token, files, signal) {
  const { answer } = await post(url, token, { files }, signal);
  if (answer.error) throw new Refused(answer.error);
  return answer.uploads;
}

/** Ask for fresh addresses of a large file's parts; resolves to {size, addresses, done}. */
export async function renew(url, token, ticket, signal) {
  const { answer } = await post(url, token, { ticket }, signal);
  if (!answer.parts) throw new BeginAgain();
  return answer.parts;
}

/** Give the room of an upload back, and what of it is stored. Nobody waits for it: what fails is collected after a day. */
export async function cancel(url, token, ticket) {
  await post(url, token, { ticket });
}

/** Tell the site that the bytes are there; resolves to {pid, photo_url, tile_html}. */
export async function finish(url, token, ticket, signal) {
  const { status, answer } = await post(url, token, { ticket }, signal);
  if (status === 409 && answer.error?.code === "not_stored") throw new BeginAgain();
  if (status >= 400) throw new Refused(answer.error);
  return answer;
}

/** Put a file or a part of one at its signed address; `onprogress` gets the share sent, 0 to 1 (fetch cannot tell it).
 *  A connection over which nothing moves for a minute counts as lost. */
export function put({ url, headers = {} }, bytes, { signal, onprogress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stalled = 0;
    const watch = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => (reject(new Unavailable(OFFLINE)), request.abort()), STALLED_MS);
    };
    const cancel = () => (reject(signal.reason), request.abort());
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded }) => (watch(), onprogress(loaded / (bytes.size || 1))));
    request.addEventListener("load", () => {
      const refusal = refusalOf(request.status);
      if (refusal) reject(refusal);
      else resolve();
    });
    request.addEventListener("error", async () => reject(await isReadable(bytes) ? new Unavailable(navigator.onLine ? RESTARTING : OFFLINE) : new Unreadable()));
    request.addEventListener("loadend", () => (clearTimeout(stalled), signal?.removeEventListener("abort", cancel)));
    signal?.addEventListener("abort", cancel);
    watch();
    request.send(bytes);
  });
}

function refusalOf(status) {
  // 412: an earlier try arrived after all. The address takes these bytes only, and once.
  if (status < 300 || status === 412) return null;
  if (status >= 500 || status === 429) return new Unavailable(RESTARTING);
  if (status === 413) return new Refused({ code: "too_large", message: gettext("The store finds this file too large.") });
  return status === 403 ? new Expired() : new BeginAgain();
}

/** A file that was moved or changed on the disk looks like a lost connection, and is none. */
const isReadable = (bytes) => bytes.slice(0, 1).arrayBuffer().then(() => true, () => false);
