// What an upload asks of the site: begin (where each file goes), renew, finish, cancel. The bytes go to the store: putting.js.
import { Unavailable } from "tessera/lib/backoff";
import { gettext } from "tessera/lib/i18n";

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

export const RESTARTING = gettext("The site is restarting. One moment.");
const MANY = gettext("That was a lot at once. We go on in a moment.");
export const OFFLINE = gettext("No connection. We go on when it is back.");

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
    throw new Unavailable(response.status === 429 ? MANY : RESTARTING, Number(response.headers.get("Retry-After")) || 0);
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

/** Tell the site that the bytes are there; resolves to {pid, url, tile}, the tile as HTML. */
export async function finish(url, token, ticket, signal) {
  const { status, answer } = await post(url, token, { ticket }, signal);
  if (status === 409 && answer.error?.code === "not_stored") throw new BeginAgain();
  if (status >= 400) throw new Refused(answer.error);
  return { pid: answer.pid, url: answer.photo_url, tile: answer.tile_html };
}

/** The bytes may be there since an earlier page: resolves as `finish` does, or to null. */
export async function finishEarlier(url, token, ticket, signal) {
  return finish(url, token, ticket, signal).catch((error) => {
    if (error instanceof BeginAgain || error instanceof Refused) return null;
    throw error;
  });
}
