// Handing a recipe to the site. A restart or a lost connection costs time only; a refusal comes with its sentence.
import { Unavailable, backoff } from "tessera/lib/backoff";
import { gettext } from "tessera/lib/i18n";

const AWAY = gettext("The site is catching its breath. We go on in a moment.");
const TRIES = 5;

/** The site said no; `isSignedOut` when signing in would help. */
class NotSaved extends Error {
  constructor(message, isSignedOut = false) {
    super(message);
    this.isSignedOut = isSignedOut;
  }
}

async function post(url, token, edits, signal) {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
      body: JSON.stringify({ edits }),
      signal,
    });
  } catch {
    signal.throwIfAborted();
    throw new Unavailable(gettext("No connection just now. We go on as soon as it is back."));
  }
  if (response.status >= 500 || response.status === 429) throw new Unavailable(AWAY, Number(response.headers.get("Retry-After")) || 0);
  if (response.status === 401 || response.status === 403 || response.redirected) throw new NotSaved(gettext("Your sign-in has run out."), true);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new NotSaved(answer.error?.message ?? gettext("These edits were not accepted."));
  return answer;
}

export class Saving {
  /** Shows in `editor` how it goes. */
  constructor(editor, signal) {
    Object.assign(this, { editor, signal });
  }

  /** Save the edits; resolves to the address of the photo, or to "" after telling why not. */
  async save(edits) {
    const { editor, signal } = this;
    const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? editor.querySelector("[name=csrfmiddlewaretoken]").value;
    const onwait = ({ message }) => this.tell(message);
    editor.setAttribute("busy", "");
    try {
      return (await backoff(() => post(editor.dataset.saveUrl, token, edits, signal), { signal, onwait, tries: TRIES })).photo_url;
    } catch (error) {
      editor.removeAttribute("busy");
      if (error instanceof Unavailable) this.tell(gettext("We could not reach the site. Nothing is lost; try again."));
      else if (error instanceof NotSaved) this.tell(error.message, error.isSignedOut);
      else throw error;
      return "";
    }
  }

  tell(words, isSignedOut = false) {
    const part = (name) => this.editor.querySelector(`[data-part="${name}"]`);
    part("notice").hidden = !words;
    part("says").textContent = words;
    part("signin").hidden = !isSignedOut;
  }
}
