// Requests of an upload to the site: begin (where each file goes), renew, finish, cancel. put-object.js sends the
// bytes.
import { Unavailable } from "tessera/lib/backoff";
import { gettext } from "tessera/lib/i18n";
import { noteChange } from "tessera/site/cached-page";

/** The site refuses this photo, and would again; the message is for the reader. */
export class Refused extends Error {
  constructor({ code = "refused", message = gettext("This photo could not be uploaded.") } = {}) {
    super(message);
    this.code = code;
  }
}
/** The store refused the bytes or does not have them: begin again. */
export class BeginAgain extends Error {}
/** The signed address has expired. */
export class Expired extends BeginAgain {}
/** The session has ended. */
export class SignedOut extends Error {}

export const RESTARTING = gettext("The site is restarting. One moment.");
const MANY = gettext("Too many requests. We continue in a moment.");
export const OFFLINE = gettext("No connection. We continue when it is back.");

async function post(url, token, body, signal) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token };
  let response;
  try {
    response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new Unavailable(OFFLINE);
  }
  if (response.status >= 500 || response.status === 429) {
    const afterSeconds = Number(response.headers.get("Retry-After")) || 0;
    throw new Unavailable(response.status === 429 ? MANY : RESTARTING, afterSeconds);
  }
  if (response.status === 401 || response.status === 403 || response.redirected) throw new SignedOut();
  const answer = await response.json().catch(() => null);
  if (!answer) throw new Unavailable(RESTARTING);
  return { status: response.status, answer };
}

/** Ask where `files` [{name, size, type, sha256, part_sha256s, visibility}] go; resolves to an answer for each, in
 *  order. Rejects with Refused, SignedOut or Unavailable, as the others here do. */
export async function begin(url, token, files, signal) {
  const { answer } = await post(url, token, { files }, signal);
  if (answer.error) throw new Refused(answer.error);
  return answer.uploads;
}

/** Ask for fresh addresses of the parts of a large file; resolves to {size, addresses, done}. */
export async function renew(url, token, ticket, signal) {
  const { answer } = await post(url, token, { ticket }, signal);
  if (!answer.parts) throw new BeginAgain();
  return answer.parts;
}

/** Give back the reserved quota of an upload and delete what is stored. If this fails, the server cleans up after a
 *  day. */
export async function cancel(url, token, ticket) {
  await post(url, token, { ticket });
}

/** Tell the site that the bytes are there; resolves to {pid, url, tile}, the tile as HTML. */
export async function finish(url, token, ticket, signal) {
  const { status, answer } = await post(url, token, { ticket }, signal);
  if (status === 409 && answer.error?.code === "not_stored") throw new BeginAgain();
  if (status >= 400) throw new Refused(answer.error);
  noteChange();
  return { pid: answer.pid, url: answer.photo_url, tile: answer.tile_html };
}

/** Finish an upload whose bytes an earlier page may have sent: resolves as `finish` does, or to null if it cannot be.
 *  */
export async function finishEarlier(url, token, ticket, signal) {
  return finish(url, token, ticket, signal).catch((error) => {
    if (error instanceof BeginAgain || error instanceof Refused) return null;
    throw error;
  });
}
