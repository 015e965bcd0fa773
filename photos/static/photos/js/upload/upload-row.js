// One row of the upload page: preview, progress and actions of a photo.
import { humanSize } from "tessera/files/files";
import { canCancel, canPause, canRetry } from "tessera/upload/upload-item";
import { gettext } from "tessera/lib/i18n";

const TEXTS = {
  waiting: () => gettext("Waiting"),
  hashing: ({ done }) => gettext("Reading {share}", { share: percent(done) }),
  queued: () => gettext("Waiting"),
  sending: ({ done, isResumed }) => {
    const share = percent(done);
    if (isResumed) return gettext("Uploading {share}, resumed", { share });
    return gettext("Uploading {share}", { share });
  },
  paused: ({ done }) => (done ? gettext("Paused at {share}", { share: percent(done) }) : gettext("Paused")),
  saving: () => gettext("Uploaded, finishing"),
  processing: () => gettext("Uploaded. Getting ready…"),
  ready: () => gettext("Ready"),
  duplicate: ({ isRestored, seen }) => {
    if (isRestored) return gettext("Restored from the trash, {seen}", { seen });
    return gettext("Already uploaded, {seen}", { seen });
  },
};
const percent = (share) => `${Math.floor(share * 100)} %`;

export class UploadRow {
  #item;
  #part;
  #address = null;
  #complaint = "";

  /** A row for `item`, made from `template`; `stone` is its square in the progress of all photos. */
  constructor(item, template) {
    this.#item = item;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.stone = document.createElement("i");
    this.#part = (selector) => this.element.querySelector(selector);
    this.#part(".name").textContent = this.#part(".name").title = item.file.name;
    const buttons = this.element.querySelectorAll("button");
    for (const button of buttons) this.#label(button, button.title || button.textContent);
    this.#part(".alt").setAttribute("aria-label", gettext("Alt text of {file}", { file: item.file.name }));
    this.#part(".alt").value = item.alt ?? "";
    this.#part(".kind").textContent = item.file.name.split(".").pop().toUpperCase().slice(0, 5);
    this.#preview();
    this.update();
  }

  update() {
    const { step, done, says, file, tile } = this.#item;
    if (this.element.dataset.step !== step) this.#enter(step);
    for (const each of [this.element, this.stone]) each.style.setProperty("--done", done.toFixed(3));
    const text = TEXTS[step]?.(this.#item) ?? "";
    const isLong = step === "sending" && this.#item.isResumed;
    this.#show(this.#complaint || says || (isLong ? text : `${text} · ${humanSize(file.size)}`));
    if (tile && !this.#part(".tile")) this.#part(".preview").insertAdjacentHTML("beforeend", tile);
  }

  /** The tile is settled: remove the local preview once its picture has loaded. */
  settle() {
    const picture = this.#part(".tile img");
    const clear = () => this.#clear();
    if (picture && !picture.complete) picture.addEventListener("load", clear, { once: true });
    else clear();
  }

  /** Show an error about the description; "" removes it. Does not move the focus: the owner may be typing another
   *  one. */
  complain(sentence) {
    this.#part(".alt").setCustomValidity(sentence);
    this.#part(".alt").ariaInvalid = String(Boolean(sentence));
    this.#part(".says").role = sentence ? "alert" : null;
    this.#complaint = sentence;
    this.update();
  }

  #label(button, action) {
    button.setAttribute("aria-label", gettext("{action} {file}", { action, file: this.#item.file.name }));
  }

  #enter(step) {
    const focused = document.activeElement;
    this.element.dataset.step = this.stone.dataset.step = step;
    this.#turnPause(step === "paused");
    this.#part(".pause").hidden = step !== "paused" && !canPause(this.#item);
    this.#part('[data-do="cancel"]').hidden = !canCancel(this.#item);
    this.#part('[data-do="retry"]').hidden = !canRetry(this.#item);
    if (step === "queued") this.#part(".tile")?.remove();
    // If the focused button is hidden now, keep the focus in this row.
    const isLost = focused.hidden && this.element.contains(focused);
    if (isLost) (this.#part("button:not([hidden])") ?? this.element).focus();
  }

  #turnPause(isPaused) {
    const button = this.#part(".pause");
    button.title = isPaused ? gettext("Resume") : gettext("Pause");
    button.dataset.do = isPaused ? "resume" : "pause";
    this.#label(button, button.title);
  }

  /** Show `text`: over the picture when it is long (a reason), else below, so that changing texts move nothing. */
  #show(text) {
    const { code, step, signinUrl, url } = this.#item;
    const isLong = step === "failed" || step === "cancelled";
    const [used, unused] = (isLong ? [".verdict", ".says"] : [".says", ".verdict"]).map(this.#part);
    if (used.dataset.words === text) return;
    unused.replaceChildren();
    unused.dataset.words = "";
    used.dataset.words = text;
    used.replaceChildren(step === "duplicate" && url ? link(url, text) : text);
    if (code === "signed_out") used.append(link(signinUrl, gettext("Sign in"), "_blank"));
  }

  #preview() {
    const image = new Image();
    Object.assign(image, { alt: "", decoding: "async", loading: "lazy" });
    image.addEventListener("error", () => this.#clear()); // HEIC and TIFF in most browsers: .kind shows instead
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

function link(url, text, target = "") {
  const element = Object.assign(document.createElement("a"), { href: url, target });
  element.textContent = text;
  return element;
}
