// The picture on the stage: draws the recipe of the moment, at the size the window gives it, once a frame at most.
import { CanvasPainter } from "tessera/edit/canvas-painter";
import { sizeAfter } from "tessera/edit/geometry";
import { GlPainter } from "tessera/edit/webgl-painter";
import { isRecoloring } from "tessera/edit/recipe";
import { GRID, recolor, tableOf } from "tessera/edit/color-math";

const SHARPEN_MOST = 1 / 6;
const SHARPEST_SCREEN = 2; // device pixels to a CSS pixel; more is work that nobody sees

/** The best painter that this browser has. */
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

  /** Draws `image` into the element `frame`; `looks` by name. */
  constructor(frame, image, looks) {
    Object.assign(this, { frame, image, looks, size: [image.naturalWidth, image.naturalHeight] });
    this.watcher = new ResizeObserver(() => this.#ask());
    this.watcher.observe(frame);
    this.#start(newPainter(image));
  }

  show(edits) {
    this.#edits = edits;
    const [width, height] = sizeAfter(this.size, edits);
    this.frame.style.setProperty("--w", width);
    this.frame.style.setProperty("--h", height);
    this.#ask();
  }

  /** Draw each look on a little canvas: the middle of the photo, with the other colours as they are now. */
  showLooks(edits, canvases) {
    const side = Math.min(...this.size);
    for (const [name, canvas] of canvases) {
      const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
      context.imageSmoothingQuality = "high";
      context.drawImage(this.image, (this.size[0] - side) / 2, (this.size[1] - side) / 2, side, side, 0, 0, canvas.width, canvas.height);
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
    if (this.#edits) this.#ask();
  }

  #ask() {
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
