// <photo-select>: quick ways to tick many photos of a form. Shift and a click tick a range, dragging ticks what it
// passes, arrows move the focus and with Shift tick, Ctrl+A ticks all, Escape unticks all. The check boxes are the
// only state.
import { joinPhotos, pressButton } from "tessera/organise/select-form";
import { neighbour } from "tessera/organise/grid-arrows";
import { gettext, ngettext } from "tessera/lib/i18n";

class PhotoSelect extends HTMLElement {
  #end;
  #anchor = null; // the check box at which a range begins
  #drag = null;
  #hasDragged = false;

  connectedCallback() {
    this.#end = new AbortController();
    const { signal } = this.#end;
    const on = (name, listener) => this.addEventListener(name, listener, { signal });
    on("change", () => this.#count());
    on("click", (event) => this.#clicked(event));
    on("focusin", () => this.#count());
    on("formdata", ({ formData }) => joinPhotos(formData));
    on("dragstart", (event) => event.preventDefault());
    on("pointerdown", (event) => this.#began(event));
    on("pointerover", ({ target }) => this.#passed(target));
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal });
    document.addEventListener("pointerup", () => this.#dropped(), { signal });
    document.addEventListener("pointercancel", () => this.#dropped(), { signal });
    this.watcher = new MutationObserver(() => this.#count());
    this.watcher.observe(this.querySelector(".grid"), { childList: true });
    this.#count();
  }

  disconnectedCallback() {
    this.#end.abort();
    this.watcher.disconnect();
  }

  get #boxes() {
    return [...this.querySelectorAll(".pick > input")];
  }

  #count() {
    const boxes = this.#boxes;
    const ticked = boxes.filter(({ checked }) => checked).length;
    const isAll = this.querySelector("[name=everything]").checked;
    const text = isAll ? gettext("All selected") : ngettext("{count} selected", "{count} selected", ticked);
    const status = this.querySelector("[data-count]");
    if (status.textContent !== text) status.textContent = text;
    this.toggleAttribute("has-some", isAll || ticked > 0);
    // One check box is a stop for the Tab key; arrows lead to the others.
    const focused = boxes.find((box) => box === document.activeElement);
    const stop = focused ?? boxes.find(({ tabIndex }) => tabIndex === 0) ?? boxes[0];
    for (const box of boxes) box.tabIndex = box === stop ? 0 : -1;
  }

  #range(from, to, isTicked) {
    const boxes = this.#boxes;
    const [first, last] = [boxes.indexOf(from), boxes.indexOf(to)].sort((one, other) => one - other);
    for (const box of boxes.slice(first, last + 1)) box.checked = isTicked;
    this.#count();
  }

  #clicked(event) {
    if (this.#hasDragged) {
      event.preventDefault();
      this.#hasDragged = false;
      return;
    }
    const box = event.target.closest(".pick > input");
    if (!box) return;
    if (event.shiftKey && this.#anchor?.isConnected) this.#range(this.#anchor, box, box.checked);
    this.#anchor = box;
  }

  #began({ target, button, pointerType, shiftKey }) {
    const box = target.closest(".pick")?.querySelector("input");
    this.#hasDragged = false;
    if (!box || button !== 0 || pointerType === "touch" || shiftKey) return;
    const before = this.#boxes.map(({ checked }) => checked);
    this.#drag = { from: box, isTicked: !box.checked, before, isMoving: false };
  }

  #passed(target) {
    const box = target.closest(".pick")?.querySelector("input");
    const drag = this.#drag;
    if (!drag || !box || (box === drag.from && !drag.isMoving)) return;
    drag.isMoving = true;
    for (const [at, each] of this.#boxes.entries()) each.checked = drag.before[at] ?? each.checked;
    this.#range(drag.from, box, drag.isTicked);
  }

  #dropped() {
    this.#hasDragged = this.#drag?.isMoving ?? false; // then #clicked ignores the click that follows
    if (this.#hasDragged) this.#anchor = this.#drag.from;
    this.#drag = null;
    setTimeout(() => { this.#hasDragged = false; }); // a drag that ends outside the tiles has no click
  }

  #pressed(event) {
    const { key, target, shiftKey } = event;
    const boxes = this.#boxes;
    // An input method in use, and a menu that is open, have their own Enter and Escape.
    if (event.isComposing || document.querySelector(":popover-open")) return;
    if (key === "Escape") return this.#untickAll();
    if (key === "Enter" && target.matches("photo-select input")) return pressButton(event);
    if (target.closest("textarea, select, input:not([type=checkbox])")) return;
    const next = boxes.includes(target) && neighbour(boxes, target, key);
    const isAll = (event.ctrlKey || event.metaKey) && key === "a";
    if (isAll) this.#range(boxes[0], boxes.at(-1), true);
    if (next && shiftKey) this.#range(target, next, true);
    if (next) next.focus();
    if (isAll || next) event.preventDefault();
  }

  #untickAll() {
    const open = this.querySelector("details[open]");
    if (open) {
      open.open = false;
      return open.querySelector("summary").focus();
    }
    if (!this.hasAttribute("has-some")) return document.querySelector("[data-done]")?.click();
    for (const box of this.querySelectorAll("input[type=checkbox]")) box.checked = false;
    this.#count();
  }
}

customElements.define("photo-select", PhotoSelect);
