// The quota on the upload page: how much is free, and whether the chosen photos fit.
import { humanSize } from "tessera/files/files";
import { SENT, UNFINISHED } from "tessera/upload/upload-item";
import { gettext } from "tessera/lib/i18n";

export class Quota {
  #text;
  #bar;
  #quota;
  #used;

  constructor(root) {
    this.#text = root.querySelector('[data-part="room"]');
    this.#bar = root.querySelector('[data-part="room-bar"]');
    this.#quota = Number(root.getAttribute("quota-bytes"));
    this.#used = Number(root.getAttribute("used-bytes"));
    this.update([]);
  }

  update(items) {
    const bytesOf = (test) => items.filter(test).reduce((sum, { file }) => sum + file.size, 0);
    // Uploads of an earlier page had their room reserved before this page was rendered (`hadRoom`).
    const sent = bytesOf(({ step, hadRoom }) => SENT.has(step) && step !== "duplicate" && !hadRoom);
    const chosen = bytesOf(({ step, hadRoom }) => UNFINISHED.has(step) && !hadRoom);
    const freed = bytesOf(({ step, hadRoom }) => step === "cancelled" && hadRoom);
    const left = Math.max(0, this.#quota - this.#used - sent + freed);
    const all = humanSize(this.#quota);
    const free = gettext("{free} of your {all} are free.", { free: humanSize(left), all });
    let text = left ? free : gettext("Your {all} are full.", { all });
    const tooMuch = gettext("You chose {size}, which does not fit completely.", { size: humanSize(chosen) });
    if (chosen > left) text += ` ${tooMuch}`;
    if (this.#text.textContent !== text) this.#text.textContent = text;
    this.#bar.style.setProperty("--used", Math.min(1, 1 - left / this.#quota).toFixed(3));
    this.#bar.style.setProperty("--wanted", Math.min(1, chosen / this.#quota).toFixed(3));
  }
}
