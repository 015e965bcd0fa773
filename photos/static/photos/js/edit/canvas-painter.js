// The painter for browsers without WebGL 2: the same arithmetic pixel by pixel, on a smaller canvas.
import { toSource } from "tessera/edit/geometry";
import { recolor, sharpen } from "tessera/edit/color-math";

export class CanvasPainter {
  canvas = document.createElement("canvas");
  most = 800; // pixels a side: a slider must stay fluent

  constructor(image) {
    this.image = image;
    this.context = this.canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  }

  /** Draw at `size` [width, height]. `table`: of colours, or null to keep them. `amount`: of sharpening, per
   *  neighbour. */
  draw(edits, size, table, amount) {
    const { context, image } = this;
    [this.canvas.width, this.canvas.height] = size;
    const [a, b, c, d, e, f] = toSource([image.naturalWidth, image.naturalHeight], edits);
    context.setTransform(new DOMMatrix([a / size[0], b / size[0], c / size[1], d / size[1], e, f]).invertSelf());
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0);
    if (!table && !amount) return;
    const pixels = context.getImageData(0, 0, ...size);
    if (table) recolor(pixels, table);
    if (amount) sharpen(pixels, amount);
    context.putImageData(pixels, 0, 0);
  }
}
