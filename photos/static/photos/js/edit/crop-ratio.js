// The proportions that a crop must keep: free, the photo's own, or one of a few, lying or upright.
import { withRatio } from "tessera/edit/geometry";

const WANTED = { "1:1": 1, "4:5": 4 / 5, "3:2": 3 / 2, "16:9": 16 / 9 };
const CLOSE = 0.02;

export class Ratio {
  #isUpended = false;

  /** Works on the radio buttons named "ratio" in `editor`. */
  constructor(editor) {
    this.editor = editor;
  }

  /** In shares of a frame of this shape (width to height), as crops are; 0 for free. */
  in(shape) {
    if (this.#name === "free") return 0;
    const wanted = WANTED[this.#name] ?? shape;
    return (this.#isUpended ? 1 / wanted : wanted) / shape;
  }

  /** The largest crop of this ratio about the middle of `crop`. */
  fitted(crop, shape) {
    return this.#name === "free" ? crop : withRatio(crop, this.in(shape));
  }

  upend() {
    this.#isUpended = !this.#isUpended;
  }

  /** The photo was turned by a quarter: the crop lies differently now, unless it goes by the photo. */
  turn() {
    if (this.#name in WANTED) this.upend();
  }

  /** Let go of a ratio that the crop does not have (any more), and say how each would lie. */
  show(crop, shape) {
    const ratio = this.in(shape);
    if (ratio && Math.abs(crop[2] / crop[3] / ratio - 1) > CLOSE) this.#field("free").checked = true;
    for (const name of Object.keys(WANTED)) {
      this.#field(name).nextElementSibling.textContent = this.#isUpended ? name.split(":").reverse().join(":") : name;
    }
    this.editor.querySelector('[data-do="upend"]').setAttribute("aria-disabled", ["free", "1:1"].includes(this.#name));
  }

  get #name() {
    return this.editor.querySelector("[name=ratio]:checked").value;
  }

  #field(value) {
    return this.editor.querySelector(`[name=ratio][value="${value}"]`);
  }
}
