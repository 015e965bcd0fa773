// The crop frame over the photo, dragged with a mouse, a finger or the arrow keys.
import { dragged } from "tessera/edit/geometry";

const STEP = 0.01;
const LEAP = 0.05;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class CropBox extends EventTarget {
  crop = [0, 0, 1, 1];
  ratio = 0;
  #from = null;

  /** Works inside `element`, which covers the whole photo; its parts with `data-edge` are the handles. */
  constructor(element, signal) {
    super();
    this.element = element;
    const listen = (kind, listener) => element.addEventListener(kind, listener, { signal });
    listen("pointerdown", (event) => this.#grabbed(event));
    listen("pointermove", (event) => this.#moved(event));
    for (const kind of ["pointerup", "pointercancel"]) listen(kind, (event) => this.#released(event));
    listen("keydown", (event) => this.#pressed(event));
  }

  /** Show the frame over the part `crop`. Dragging keeps `ratio` (width to height, in shares of the photo); 0: free. */
  show(crop, ratio) {
    this.crop = crop;
    this.ratio = ratio;
    ["--x", "--y", "--cw", "--ch"].forEach((name, i) => this.element.style.setProperty(name, crop[i].toFixed(5)));
  }

  #grabbed(event) {
    const part = event.target.closest("[data-edge]");
    if (!part || event.button > 0 || this.#from) return;
    event.preventDefault();
    part.focus({ preventScroll: true });
    this.element.setPointerCapture(event.pointerId);
    const { pointerId, clientX, clientY } = event;
    this.#from = { id: pointerId, x: clientX, y: clientY, edge: part.dataset.edge, crop: this.crop };
  }

  #moved({ pointerId, clientX, clientY }) {
    if (this.#from?.id !== pointerId) return;
    const { width, height } = this.element.getBoundingClientRect();
    const { x, y, edge, crop } = this.#from;
    this.#emit(dragged(crop, edge, (clientX - x) / width, (clientY - y) / height, this.ratio), false);
  }

  #released({ pointerId }) {
    if (this.#from?.id !== pointerId) return;
    this.#from = null;
    this.#emit(this.crop, true);
  }

  #pressed(event) {
    const edge = event.target.closest("[data-edge]")?.dataset.edge;
    const way = ARROWS[event.key];
    if (!edge || !way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [dx, dy] = way.map((each) => each * (event.shiftKey ? LEAP : STEP));
    this.#emit(dragged(this.crop, edge, dx, dy, this.ratio), true);
  }

  #emit(crop, isFinal) {
    this.dispatchEvent(new CustomEvent("crop", { detail: { crop, isFinal } }));
  }
}
