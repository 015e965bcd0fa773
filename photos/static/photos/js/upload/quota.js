// How much room is left for photos, said before anything is sent.
import { humanSize } from "tessera/files/files";
import { SENT, UNFINISHED } from "tessera/upload/upload-item";
import { gettext } from "tessera/lib/i18n";

export class Room {
  #words;
  #bar;
  #quota;
  #used;

  constructor(root) {
    this.#words = root.querySelector('[data-part="room"]');
    this.#bar = root.querySelector('[data-part="room-bar"]');
    this.#quota = Number(root.getAttribute("quota-bytes"));
    this.#used = Number(root.getAttribute("used-bytes"));
    this.update([]);
  }

  update(items) {
    const bytesOf = (test) => items.filter(test).reduce((sum, { file }) => sum + file.size, 0);
    // What goes on from an earlier visit had its room before this page was made.
    const sent = bytesOf(({ step, hadRoom }) => SENT.has(step) && step !== "duplicate" && !hadRoom);
    const wanted = bytesOf(({ step, hadRoom }) => UNFINISHED.has(step) && !hadRoom);
    const freed = bytesOf(({ step, hadRoom }) => step === "cancelled" && hadRoom);
    const left = Math.max(0, this.#quota - this.#used - sent + freed);
    const all = humanSize(this.#quota);
    let words = left ? gettext("{free} of your {all} are free.", { free: humanSize(left), all }) : gettext("Your {all} are full.", { all });
    if (wanted > left) words += ` ${gettext("You chose {size}: not all of it will fit.", { size: humanSize(wanted) })}`;
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.#bar.style.setProperty("--used", Math.min(1, 1 - left / this.#quota).toFixed(3));
    this.#bar.style.setProperty("--wanted", Math.min(1, wanted / this.#quota).toFixed(3));
  }
}
