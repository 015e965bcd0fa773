// Saving a recipe on the site. A restart or a lost connection is retried; a refusal is shown with its reason.
import { Unavailable, backoff } from "tessera/lib/backoff";
import { gettext } from "tessera/lib/i18n";
import { noteChange } from "tessera/site/cached-page";

const AWAY = gettext("The site is temporarily unavailable. We try again in a moment.");
const TRIES = 5;

/** The site refused the edits; `isSignedOut` when signing in would help. */
class NotSaved extends Error {
  constructor(message, isSignedOut = false) {
    super(message);
    this.isSignedOut = isSignedOut;
  }
}

async function post(url, token, edits, signal) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token };
  let response;
  try {
    response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ edits }), signal });
  } catch {
    signal.throwIfAborted();
    throw new Unavailable(gettext("No connection just now. We continue as soon as it is back."));
  }
  const { status } = response;
  const afterSeconds = Number(response.headers.get("Retry-After")) || 0;
  if (status >= 500 || status === 429) throw new Unavailable(AWAY, afterSeconds);
  const isSignedOut = status === 401 || status === 403 || response.redirected;
  if (isSignedOut) throw new NotSaved(gettext("You have been signed out."), true);
  const answer = await response.json().catch(() => ({}));
  const refused = gettext("These edits could not be saved. Please try again.");
  if (!response.ok) throw new NotSaved(answer.error?.message ?? refused);
  return answer;
}

export class Saving {
  /** Shows the progress in the element `editor`. */
  constructor(editor, signal) {
    Object.assign(this, { editor, signal });
  }

  /** Save the edits; resolves to the address of the photo, or to "" after showing why they were not saved. */
  async save(edits) {
    const { editor, signal } = this;
    const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
    const token = cookie ?? editor.querySelector("[name=csrfmiddlewaretoken]").value;
    const onwait = ({ message }) => this.show(message);
    const send = () => post(editor.dataset.saveUrl, token, edits, signal);
    editor.setAttribute("busy", "");
    try {
      const { photo_url: url } = await backoff(send, { signal, onwait, tries: TRIES });
      noteChange();
      return url;
    } catch (error) {
      editor.removeAttribute("busy");
      if (error instanceof Unavailable) this.show(gettext("We could not reach the site. Nothing is lost; try again."));
      else if (error instanceof NotSaved) this.show(error.message, error.isSignedOut);
      else throw error;
      return "";
    }
  }

  /** Show a message; "" hides it. */
  show(words, isSignedOut = false) {
    const part = (name) => this.editor.querySelector(`[data-part="${name}"]`);
    part("notice").hidden = !words;
    part("says").textContent = words;
    part("signin").hidden = !isSignedOut;
  }
}
