// The ratio that a crop must keep: free, the photo's own, or one of a few, landscape or portrait.
import { withRatio } from "tessera/edit/geometry";

const RATIOS = { "1:1": 1, "4:5": 4 / 5, "3:2": 3 / 2, "16:9": 16 / 9 };
const CLOSE = 0.02;

export class Ratio {
  #isUpended = false;

  /** Works on the radio buttons named "ratio" in `editor`. */
  constructor(editor) {
    this.editor = editor;
  }

  /** Return the ratio in shares of a frame of this shape (width to height), as crops are; 0 for free. */
  in(shape) {
    if (this.#name === "free") return 0;
    const ratio = RATIOS[this.#name] ?? shape;
    return (this.#isUpended ? 1 / ratio : ratio) / shape;
  }

  /** Return the largest crop of this ratio around the middle of `crop`. */
  fitted(crop, shape) {
    return this.#name === "free" ? crop : withRatio(crop, this.in(shape));
  }

  upend() {
    this.#isUpended = !this.#isUpended;
  }

  /** The photo was turned by 90 degrees: swap width and height of the ratio, unless it is the photo's own. */
  turn() {
    if (this.#name in RATIOS) this.upend();
  }

  /** Choose "free" if the crop has another ratio by now, and label each ratio as it would lie. */
  show(crop, shape) {
    const ratio = this.in(shape);
    if (ratio && Math.abs(crop[2] / crop[3] / ratio - 1) > CLOSE) this.#field("free").checked = true;
    for (const name of Object.keys(RATIOS)) {
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
