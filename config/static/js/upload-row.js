// One photo of the upload page: its preview, what is happening to it, and what can be done about it.
import { humanSize } from "tessera/files";
import { UNDER_WAY, canRetry } from "tessera/queue";

const WORDS = {
  waiting: () => "Waiting for its turn",
  hashing: ({ done }) => `Reading ${percent(done)}`,
  queued: () => "Waiting for its turn",
  sending: ({ done }) => `Sending ${percent(done)}`,
  saving: () => "Saved, being noted down",
  processing: () => "Saved. Getting ready…",
  ready: () => "Ready",
  duplicate: () => "You have this one already",
};
const percent = (share) => `${Math.floor(share * 100)} %`;

export class UploadRow {
  #item;
  #part;
  #address = null;

  /** A row for `item`, made from `template`; `stone` is its tile in the mosaic of all. */
  constructor(item, template) {
    this.#item = item;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.stone = document.createElement("i");
    this.#part = (selector) => this.element.querySelector(selector);
    this.#part(".name").textContent = this.#part(".name").title = item.file.name;
    for (const button of this.element.querySelectorAll("button")) {
      button.setAttribute("aria-label", `${button.textContent} ${item.file.name}`);
    }
    this.#part(".preview").dataset.kind = item.file.name.split(".").pop().toUpperCase().slice(0, 5);
    this.#preview();
    this.update();
  }

  update() {
    const { step, done, says, file, url, tile } = this.#item;
    if (this.element.dataset.step !== step) this.#enter(step);
    for (const each of [this.element, this.stone]) each.style.setProperty("--done", done.toFixed(3));
    this.#say(`${says || WORDS[step]?.(this.#item) || ""} · ${humanSize(file.size)}`, url);
    if (tile && !this.#part(".tile")) this.#part(".preview").insertAdjacentHTML("beforeend", tile);
  }

  /** The rendered tile has come, or the sentence why it never will: the local preview makes room. */
  settle() {
    const picture = this.#part(".tile img");
    const clear = () => this.#clear();
    if (picture && !picture.complete) picture.addEventListener("load", clear, { once: true });
    else clear();
  }

  remove() {
    this.#clear();
    this.element.remove();
    this.stone.remove();
  }

  #enter(step) {
    this.element.dataset.step = this.stone.dataset.step = step;
    this.#part('[data-do="cancel"]').hidden = !UNDER_WAY.has(step);
    this.#part('[data-do="retry"]').hidden = !canRetry(this.#item);
    if (step === "queued") this.#part(".tile")?.remove();
  }

  #say(words, url) {
    const says = this.#part(".says");
    if (this.#item.code === "signed_out") return says.replaceChildren(`${this.#item.says} `, link(this.#item.signinUrl, "Sign in", "_blank"));
    if (url && this.#item.step === "duplicate") return says.replaceChildren(link(url, words));
    if (says.textContent !== words) says.textContent = words;
  }

  #preview() {
    const image = new Image();
    image.alt = "";
    image.decoding = "async";
    image.loading = "lazy";
    image.addEventListener("error", () => this.#clear());
    image.src = this.#address = URL.createObjectURL(this.#item.file);
    this.#part(".preview").prepend(image);
  }

  #clear() {
    if (!this.#address) return;
    URL.revokeObjectURL(this.#address);
    this.#address = null;
    this.#part(".preview > img")?.remove();
  }
}

function link(url, words, target = "") {
  const element = Object.assign(document.createElement("a"), { href: url, target });
  element.textContent = words;
  return element;
}
