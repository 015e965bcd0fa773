// <photo-revision>: the photo on its own page. While a new version is being made (attribute `is-awaited`) it asks the
// page for it, and replaces the old one once the new picture is decoded.
import { gettext } from "tessera/lib/i18n";
import { wantsMotion } from "tessera/lib/motion";
import { textOf } from "tessera/lib/text-of";

const FIRST_MS = 1000;
const LONGEST_MS = 4000;

class PhotoRevision extends HTMLElement {
  #end;
  #timer = 0;
  #pauseMs = FIRST_MS;

  connectedCallback() {
    this.#end = new AbortController();
    if (!this.hasAttribute("is-awaited")) return;
    const wake = () => document.hidden || this.#askIn(0);
    document.addEventListener("visibilitychange", wake, { signal: this.#end.signal });
    this.#askIn(FIRST_MS);
  }

  disconnectedCallback() {
    this.#end.abort();
    clearTimeout(this.#timer);
  }

  #askIn(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), ms);
  }

  async #ask() {
    if (document.hidden) return; // visibilitychange wakes it
    const { signal } = this.#end;
    const html = await textOf(location.href, { headers: { "HX-Request": "true" }, cache: "no-store", signal });
    if (signal.aborted || (await this.#replace(html))) return;
    this.#pauseMs = Math.min(LONGEST_MS, this.#pauseMs * 1.3);
    this.#askIn(this.#pauseMs);
  }

  /** Show the new version if `html` has it; resolve to whether it does. */
  async #replace(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const revision = template.content.querySelector("photo-revision:not([is-awaited])");
    if (!revision?.querySelector(".frame")) return false;
    const next = document.importNode(revision, true); // elements of a template load no pictures
    await next.querySelector("img")?.decode().catch(() => {});
    if (this.#end.signal.aborted) return true;
    const swap = () => {
      this.querySelector(".frame").replaceWith(next.querySelector(".frame"));
      this.querySelector("[role=status]").textContent = gettext("Your edits are applied.");
      this.removeAttribute("is-awaited");
      this.disconnectedCallback();
    };
    if (document.startViewTransition && wantsMotion()) document.startViewTransition(swap);
    else swap();
    return true;
  }
}

customElements.define("photo-revision", PhotoRevision);
