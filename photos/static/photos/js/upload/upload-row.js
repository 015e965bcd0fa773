// One photo of the upload page: its preview, what is happening to it, and what can be done about it.
import { humanSize } from "tessera/files/files";
import { canCancel, canPause, canRetry } from "tessera/upload/upload-item";
import { gettext } from "tessera/lib/i18n";

const WORDS = {
  waiting: () => gettext("Waiting for its turn"),
  hashing: ({ done }) => gettext("Reading {share}", { share: percent(done) }),
  queued: () => gettext("Waiting for its turn"),
  sending: ({ done, isResumed }) => (isResumed ? gettext("Sending {share}, continued where it stopped", { share: percent(done) }) : gettext("Sending {share}", { share: percent(done) })),
  paused: ({ done }) => (done ? gettext("Paused at {share}", { share: percent(done) }) : gettext("Paused")),
  saving: () => gettext("Saved, being noted down"),
  processing: () => gettext("Saved. Getting ready…"),
  ready: () => gettext("Ready"),
  duplicate: ({ isRestored, seen }) => (isRestored ? gettext("Back from the trash, {seen}", { seen }) : gettext("Already here, {seen}", { seen })),
};
const percent = (share) => `${Math.floor(share * 100)} %`;

export class UploadRow {
  #item;
  #part;
  #address = null;
  #complaint = "";

  /** A row for `item`, made from `template`; `stone` is its tile in the mosaic of all. */
  constructor(item, template) {
    this.#item = item;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.stone = document.createElement("i");
    this.#part = (selector) => this.element.querySelector(selector);
    this.#part(".name").textContent = this.#part(".name").title = item.file.name;
    for (const button of this.element.querySelectorAll("button")) this.#label(button, button.title || button.textContent);
    this.#label(this.#part(".alt"), gettext("Description of"));
    this.#part(".alt").value = item.alt ?? "";
    this.#part(".kind").textContent = item.file.name.split(".").pop().toUpperCase().slice(0, 5);
    this.#preview();
    this.update();
  }

  update() {
    const { step, done, says, file, tile } = this.#item;
    if (this.element.dataset.step !== step) this.#enter(step);
    for (const each of [this.element, this.stone]) each.style.setProperty("--done", done.toFixed(3));
    const words = WORDS[step]?.(this.#item) ?? "";
    this.#say(this.#complaint || says || (step === "sending" && this.#item.isResumed ? words : `${words} · ${humanSize(file.size)}`));
    if (tile && !this.#part(".tile")) this.#part(".preview").insertAdjacentHTML("beforeend", tile);
  }

  /** The rendered tile has come, or the sentence why it never will: the local preview makes room. */
  settle() {
    const picture = this.#part(".tile img");
    const clear = () => this.#clear();
    if (picture && !picture.complete) picture.addEventListener("load", clear, { once: true });
    else clear();
  }

  /** Say what is wrong with its description; nothing when "". Whoever is typing the next one goes on typing. */
  complain(sentence) {
    this.#part(".alt").setCustomValidity(sentence);
    this.#part(".alt").ariaInvalid = String(Boolean(sentence));
    this.#part(".says").role = sentence ? "alert" : null;
    this.#complaint = sentence;
    this.update();
  }

  #label(button, word) {
    button.setAttribute("aria-label", gettext("{action} {file}", { action: word, file: this.#item.file.name }));
  }

  #enter(step) {
    const focused = document.activeElement;
    this.element.dataset.step = this.stone.dataset.step = step;
    this.#turnPause(step === "paused");
    this.#part(".pause").hidden = step !== "paused" && !canPause(this.#item);
    this.#part('[data-do="cancel"]').hidden = !canCancel(this.#item);
    this.#part('[data-do="retry"]').hidden = !canRetry(this.#item);
    if (step === "queued") this.#part(".tile")?.remove();
    // A button that goes away under a keyboard leaves the keyboard at its place.
    if (focused.hidden && this.element.contains(focused)) (this.#part("button:not([hidden])") ?? this.element).focus();
  }

  #turnPause(isPaused) {
    const button = this.#part(".pause");
    Object.assign(button, { title: isPaused ? gettext("Resume") : gettext("Pause") }).dataset.do = isPaused ? "resume" : "pause";
    this.#label(button, button.title);
  }

  /** What needs room stands over the picture, the rest below: words that change must not move anything. */
  #say(words) {
    const { code, step, signinUrl, url } = this.#item;
    const [here, there] = step === "failed" || step === "cancelled" ? [".verdict", ".says"] : [".says", ".verdict"];
    if (this.#part(here).dataset.words === words) return;
    this.#part(there).replaceChildren();
    this.#part(there).dataset.words = "";
    this.#part(here).dataset.words = words;
    this.#part(here).replaceChildren(step === "duplicate" && url ? link(url, words) : words);
    if (code === "signed_out") this.#part(here).append(link(signinUrl, gettext("Sign in"), "_blank"));
  }

  #preview() {
    const image = new Image();
    Object.assign(image, { alt: "", decoding: "async", loading: "lazy" });
    image.addEventListener("error", () => this.#clear()); // HEIC and TIFF in most browsers: the kind is said instead
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
