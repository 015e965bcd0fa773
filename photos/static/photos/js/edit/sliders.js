// The sliders: a row each, with a label, a range input, and a button that shows the value and resets it.
import { gettext } from "tessera/lib/i18n";

const DEGREES = "straighten_degrees";
const REACH = 45;

// Small angles matter most: the slider is fine in the middle and coarse at its ends. Arrow keys move by 0.1 degrees.
const toPlace = (degrees) => Math.sign(degrees) * Math.sqrt(Math.abs(degrees) / REACH) * 100;
const toDegrees = (place) => Math.round(Math.sign(place) * (place / 100) ** 2 * REACH * 10) / 10;

const signed = (value, digits) => (value > 0 ? "+" : value < 0 ? "\u2212" : "") + Math.abs(value).toFixed(digits);
const FORMATS = {
  [DEGREES]: (value) => `${signed(value, 1)}°`,
  exposure: (value) => signed(value, 2),
};
const textOf = (name, value) => (FORMATS[name] ?? ((each) => signed(each * 100, 0)))(value);

export class Sliders extends EventTarget {
  /** Finds its rows in `element`: `[data-slider=name]` with an input and a button. */
  constructor(element, signal) {
    super();
    this.rows = new Map([...element.querySelectorAll("[data-slider]")].map((row) => [row.dataset.slider, row]));
    for (const [name, row] of this.rows) {
      const input = row.querySelector("input");
      const emit = (value, isFinal) => {
        this.dispatchEvent(new CustomEvent("slide", { detail: { name, value, isFinal } }));
      };
      const value = () => (name === DEGREES ? toDegrees(input.valueAsNumber) : input.valueAsNumber);
      input.addEventListener("input", () => emit(value(), false), { signal });
      input.addEventListener("change", () => emit(value(), true), { signal });
      input.addEventListener("dblclick", () => emit(0, true), { signal });
      row.querySelector("button").addEventListener("click", () => emit(0, true), { signal });
      const tilt = (event) => this.#tilted(event, value(), emit);
      if (name === DEGREES) input.addEventListener("keydown", tilt, { signal });
    }
  }

  show(edits) {
    for (const [name, row] of this.rows) {
      const input = row.querySelector("input");
      const button = row.querySelector("button");
      const value = edits[name];
      const place = name === DEGREES ? toPlace(value) : value;
      if (document.activeElement !== input || Math.abs(input.valueAsNumber - place) > 0.6) input.value = place;
      const [least, most] = [Number(input.min), Number(input.max)];
      input.style.setProperty("--at", (place - least) / (most - least));
      input.setAttribute("aria-valuetext", textOf(name, value));
      button.textContent = textOf(name, value);
      if (!value && document.activeElement === button) input.focus();
      button.disabled = !value;
      const label = { name: row.querySelector("label").textContent.toLowerCase(), value: textOf(name, value) };
      button.setAttribute("aria-label", gettext("Put {name} back, now {value}", label));
    }
  }

  #tilted(event, degrees, emit) {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = degrees + (step * (event.shiftKey ? 10 : 1)) / 10;
    emit(Math.max(-REACH, Math.min(Math.round(next * 10) / 10, REACH)), true);
  }
}
