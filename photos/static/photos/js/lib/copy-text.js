// <copy-text>: shows the button inside it, which copies the field beside it. Without a script the field can be marked.
import { gettext } from "tessera/lib/i18n";

class CopyText extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", () => this.#copy(button));
  }

  async #copy(button) {
    const field = this.querySelector("input");
    field.select();
    // The clipboard is closed to pages without TLS; the older way is not.
    const isDone = navigator.clipboard ? await navigator.clipboard.writeText(field.value).then(() => true, () => false) : document.execCommand("copy");
    const said = isDone ? gettext("Copied") : gettext("Please copy it by hand");
    button.textContent = said;
    this.querySelector("[role=status]").textContent = said;
    setTimeout(() => { button.textContent = gettext("Copy"); }, 2000);
  }
}

customElements.define("copy-text", CopyText);
