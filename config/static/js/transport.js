// The three calls of an upload: begin (a signed address for each file), put (the bytes, straight to the store), finish.
import { Unavailable } from "tessera/backoff";

/** The server said no, and will say no again; its sentence is for the person. */
export class Refused extends Error {
  constructor({ code = "refused", message = "This photo was not accepted." } = {}) {
    super(message);
    this.code = code;
  }
}
/** The signed address is no longer good, or the store does not have the bytes: begin again. */
export class BeginAgain extends Error {}
export class SignedOut extends Error {}

const RESTARTING = "The site is catching its breath. We go on in a moment.";
const OFFLINE = "No connection just now. We go on as soon as it is back.";

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

/** Ask for addresses for `files` [{name, size, type, sha256, visibility}]; resolves to one answer each, in their order. */
export async function begin(url, token, files, signal) {
  const { answer } = await post(url, token, { files }, signal);
  if (answer.error) throw new Refused(answer.error);
  return answer.uploads;
}

/** Tell the site that the bytes are there; resolves to {pid, photo_url, tile_html}. */
export async function finish(url, token, ticket, signal) {
  const { status, answer } = await post(url, token, { ticket }, signal);
  if (status === 409 && answer.error?.code === "not_stored") throw new BeginAgain();
  if (status >= 400) throw new Refused(answer.error);
  return answer;
}

/** Put the file at its signed address; `onprogress` gets the share sent, 0 to 1. XMLHttpRequest tells it, fetch does not. */
export function put({ url, headers }, file, { signal, onprogress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded }) => onprogress(loaded / (file.size || 1)));
    request.addEventListener("load", () => {
      // 412: an earlier try arrived after all. The address takes these bytes only, and once.
      if (request.status < 300 || request.status === 412) resolve();
      else if (request.status >= 500 || request.status === 429) reject(new Unavailable(RESTARTING));
      else if (request.status === 413) reject(new Refused({ code: "too_large", message: "The store finds this file too large." }));
      else reject(new BeginAgain());
    });
    request.addEventListener("error", () => reject(new Unavailable(navigator.onLine ? RESTARTING : OFFLINE)));
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.addEventListener("abort", () => reject(signal.reason));
    request.send(file);
  });
}
