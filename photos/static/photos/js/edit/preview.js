// The preview on the stage: draws the current recipe at the size of its element, at most once per animation frame.
import { CanvasPainter } from "tessera/edit/canvas-painter";
import { sizeAfter } from "tessera/edit/geometry";
import { GlPainter } from "tessera/edit/webgl-painter";
import { isRecoloring } from "tessera/edit/recipe";
import { GRID, recolor, tableOf } from "tessera/edit/color-math";

const SHARPEN_MOST = 1 / 6;
const SHARPEST_SCREEN = 2; // device pixels to a CSS pixel; more costs time and looks the same

/** Return the best painter that this browser supports. */
export function newPainter(image) {
  try {
    return new GlPainter(image);
  } catch {
    return new CanvasPainter(image);
  }
}

export class Preview {
  #due = 0;
  #edits;
  #table = new Float32Array(GRID ** 3 * 3);
  #tableOf = "";

  /** Draws `image` into the element `frame`; `looks` maps names to their numbers. */
  constructor(frame, image, looks) {
    Object.assign(this, { frame, image, looks, size: [image.naturalWidth, image.naturalHeight] });
    this.watcher = new ResizeObserver(() => this.#schedule());
    this.watcher.observe(frame);
    this.#start(newPainter(image));
  }

  show(edits) {
    this.#edits = edits;
    const [width, height] = sizeAfter(this.size, edits);
    this.frame.style.setProperty("--w", width);
    this.frame.style.setProperty("--h", height);
    this.#schedule();
  }

  /** Draw each look on its canvas: the middle of the photo, with the other current colours. `canvases`: [name,
   *  canvas]. */
  showLooks(edits, canvases) {
    const side = Math.min(...this.size);
    for (const [name, canvas] of canvases) {
      const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
      context.imageSmoothingQuality = "high";
      const [left, top] = this.size.map((length) => (length - side) / 2);
      context.drawImage(this.image, left, top, side, side, 0, 0, canvas.width, canvas.height);
      const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
      recolor(pixels, tableOf({ ...edits, look: name }, this.looks[name]));
      context.putImageData(pixels, 0, 0);
    }
  }

  stop() {
    this.watcher.disconnect();
    cancelAnimationFrame(this.#due);
  }

  #start(painter) {
    this.painter?.canvas.remove();
    this.painter = painter;
    painter.canvas.setAttribute("aria-hidden", "true");
    painter.canvas.addEventListener("webglcontextlost", () => this.#start(new CanvasPainter(this.image)));
    this.frame.prepend(painter.canvas);
    if (this.#edits) this.#schedule();
  }

  #schedule() {
    this.#due ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#due = 0;
    const { clientWidth, clientHeight } = this.frame;
    if (!this.#edits || !clientWidth || !clientHeight) return;
    const density = Math.min(devicePixelRatio, SHARPEST_SCREEN);
    const scale = Math.min(density, this.painter.most / Math.max(clientWidth, clientHeight));
    const size = [clientWidth, clientHeight].map((length) => Math.max(1, Math.round(length * scale)));
    this.painter.draw(this.#edits, size, this.#colors(), this.#edits.sharpen * SHARPEN_MOST);
  }

  #colors() {
    if (!isRecoloring(this.#edits)) return null;
    const { exposure, contrast, saturation, warmth, look } = this.#edits;
    const key = [exposure, contrast, saturation, warmth, look].join();
    if (key !== this.#tableOf) tableOf(this.#edits, this.looks[look], this.#table);
    this.#tableOf = key;
    return this.#table;
  }
}
