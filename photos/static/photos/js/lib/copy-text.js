// <copy-text>: shows its button, which copies the text of its field. Without scripts the reader can select the field.
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
    const { clipboard } = navigator; // pages without TLS have none; the older way works there
    const isDone = clipboard
      ? await clipboard.writeText(field.value).then(() => true, () => false)
      : document.execCommand("copy");
    const result = isDone ? gettext("Copied") : gettext("Please copy it by hand");
    button.textContent = result;
    this.querySelector("[role=status]").textContent = result;
    setTimeout(() => { button.textContent = gettext("Copy"); }, 2000);
  }
}

customElements.define("copy-text", CopyText);
