// <photo-editor>: shows edits of a photo at once and saves them as a recipe. Its page is photos/edit/edit.html.
import { Controls } from "tessera/edit/controls";
import { CropBox } from "tessera/edit/crop-box";
import { frameOf } from "tessera/edit/geometry";
import { Preview } from "tessera/edit/preview";
import { Ratio } from "tessera/edit/crop-ratio";
import { UNTOUCHED, WHOLE, complete, essential, isSame } from "tessera/edit/recipe";
import { Saving } from "tessera/edit/saving";
import { Sliders } from "tessera/edit/sliders";
import { History, STEPS } from "tessera/edit/history";
import { gettext } from "tessera/lib/i18n";

class PhotoEditor extends HTMLElement {
  #end;
  #edits;
  #isBefore = false;
  #isLeaving = false;

  async connectedCallback() {
    const { signal } = (this.#end = new AbortController());
    this.saved = this.#edits = complete(JSON.parse(this.dataset.edits));
    this.history = new History(this.saved);
    this.saving = new Saving(this, signal);
    const isLoaded = await this.#part("base").decode().then(() => true, () => false);
    if (!isLoaded) this.saving.show(gettext("The photo could not be loaded. Please reload the page."));
    if (isLoaded && !signal.aborted) this.#start(signal);
  }

  #start(signal) {
    const looks = JSON.parse(document.getElementById("looks").textContent);
    const byName = Object.fromEntries(looks.map((look) => [look.name, look]));
    this.preview = new Preview(this.#part("frame"), this.#part("base"), byName);
    this.box = new CropBox(this.#part("crop"), signal);
    this.sliders = new Sliders(this, signal);
    this.controls = new Controls(this, signal);
    this.ratio = new Ratio(this);
    this.box.addEventListener("crop", ({ detail }) => this.#cropped(detail));
    this.sliders.addEventListener("slide", ({ detail: { name, value, isFinal } }) => {
      this.#change({ [name]: value }, { isFinal, of: name });
    });
    this.controls.addEventListener("choose", ({ detail: { name, value } }) => this.#chosen(name, value));
    this.controls.addEventListener("do", ({ detail }) => this.#do(detail));
    this.controls.addEventListener("tab", () => this.#show());
    this.controls.addEventListener("before", ({ detail }) => this.#compare(detail));
    const ask = (event) => this.#isUnsaved && !this.#isLeaving && event.preventDefault();
    const cameBack = ({ persisted }) => persisted && location.reload();
    window.addEventListener("pageshow", cameBack, { signal });
    window.addEventListener("beforeunload", ask, { signal });
    this.setAttribute("ready", "");
    this.#show();
  }

  disconnectedCallback() {
    this.#end.abort();
    this.preview?.stop();
  }

  get #isUnsaved() {
    return !isSame(this.#edits, this.saved);
  }

  get #shape() {
    const [width, height] = frameOf(this.preview.size, this.#edits);
    return width / height;
  }

  #compare(isBefore) {
    if (isBefore === this.#isBefore) return;
    this.#isBefore = isBefore;
    this.#show();
  }

  #part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  #change(values, { isFinal = true, of = "", says = "" } = {}) {
    this.#edits = { ...this.#edits, ...values };
    if (isFinal) this.history.push(this.#edits, of);
    if (says) this.controls.say(says);
    this.#show();
  }

  #cropped({ crop, isFinal }) {
    const [width, height] = crop.slice(2).map((share) => Math.round(share * 100));
    const size = gettext("{width} % of the width and {height} % of the height are kept.", { width, height });
    this.#change({ crop }, { isFinal, of: "crop", says: isFinal ? size : "" });
  }

  #chosen(name, value) {
    if (name === "look") this.#change({ look: value }, { of: "look" });
    if (name === "ratio") this.#change({ crop: this.ratio.fitted(this.#edits.crop, this.#shape) });
  }

  #do(action) {
    if (action.startsWith("turn-")) this.ratio.turn();
    if (action in STEPS) this.#change(...STEPS[action](this.#edits, this.history));
    else if (action === "upend") this.#chosen("ratio", this.ratio.upend());
    else if (action === "save") this.hasAttribute("busy") || this.#save();
    else if (action === "cancel" && this.#isUnsaved) this.#part("leave").showModal();
    else if (action === "cancel" || action === "discard") this.#leave(this.dataset.photoUrl);
    else if (action === "stay") this.#part("leave").close();
  }

  #show() {
    const isCropping = this.controls.tab === "crop" && !this.#isBefore;
    const whole = isCropping ? { ...this.#edits, crop: WHOLE } : this.#edits;
    this.preview.show(this.#isBefore ? UNTOUCHED : whole);
    this.ratio.show(this.#edits.crop, this.#shape);
    this.box.element.hidden = !isCropping;
    this.box.show(this.#edits.crop, this.ratio.in(this.#shape));
    this.sliders.show(this.#edits);
    const { canUndo: undo, canRedo: redo } = this.history;
    const revert = !isSame(this.#edits, UNTOUCHED);
    this.controls.show({ undo, redo, save: this.#isUnsaved, revert }, this.#edits.look);
    this.controls.showLooks(this.preview, this.#edits);
    this.classList.toggle("is-before", this.#isBefore);
  }

  async #save() {
    this.controls.say(gettext("Saving"));
    this.saving.show("");
    const url = await this.saving.save(essential(this.#edits));
    if (url) this.#leave(url);
  }

  #leave(url) {
    this.#isLeaving = true;
    location.assign(url);
  }
}

customElements.define("photo-editor", PhotoEditor);
