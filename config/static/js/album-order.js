// <album-order src="/a/…/move/">: puts the places inside it into another order, by dragging or by their buttons, and
// tells the site of each move. A finger lifts a photo by resting on it, since moving it at once scrolls the page.
import { gettext } from "tessera/words";

const SLACK_PX = 6; // less than that is a click
const REST_MS = 350;

class AlbumOrder extends HTMLElement {
  #end;
  #lifted = null;

  connectedCallback() {
    this.#end = new AbortController();
    const { signal } = this.#end;
    const on = (name, heard, options) => this.addEventListener(name, heard, { signal, ...options });
    this.setAttribute("is-live", "");
    on("submit", (event) => this.#stepped(event));
    on("pointerdown", (event) => this.#pressed(event));
    on("pointermove", (event) => this.#dragged(event));
    on("pointerup", () => this.#dropped());
    on("pointercancel", () => this.#dropped({ isBack: true }));
    on("touchmove", (event) => this.#lifted?.isMoving && event.preventDefault(), { passive: false });
    on("contextmenu", (event) => this.#lifted && event.preventDefault());
  }

  disconnectedCallback() {
    this.#end.abort();
  }

  get #places() {
    return [...this.querySelectorAll("[data-photo]")];
  }

  /** A button: the neighbours change places, and the focus stays on the button. */
  #stepped(event) {
    const { submitter } = event;
    const place = submitter?.closest("[data-photo]");
    const isLater = submitter?.value === "later";
    const next = isLater ? place.nextElementSibling : place?.previousElementSibling;
    // Over the edge of this page the neighbour is on another one, which only the site knows: the form goes there.
    if (submitter?.name !== "to" || !next) return;
    event.preventDefault();
    this.#put(place, isLater ? next.nextElementSibling : next);
    submitter.focus();
    this.#tell(place, { to: submitter.value });
  }

  #pressed({ button, target, clientX, clientY, pointerId, pointerType }) {
    const place = button === 0 && target.closest(".place-picture")?.closest("[data-photo]");
    if (!place) return;
    const lifted = { place, x: clientX, y: clientY, home: place.nextElementSibling, isMoving: false };
    this.#lifted = lifted;
    this.setPointerCapture(pointerId);
    if (pointerType === "touch") lifted.timer = setTimeout(() => this.#lift(lifted), REST_MS);
  }

  #lift(lifted) {
    lifted.isMoving = true;
    lifted.place.classList.add("is-lifted");
  }

  #dragged({ clientX, clientY }) {
    const lifted = this.#lifted;
    if (!lifted) return;
    if (!lifted.isMoving) {
      if (Math.hypot(clientX - lifted.x, clientY - lifted.y) < SLACK_PX) return;
      if (lifted.timer) return this.#dropped();
      this.#lift(lifted);
    }
    const under = document.elementsFromPoint(clientX, clientY).map((each) => each.closest("[data-photo]"));
    const over = under.find((each) => each && each !== lifted.place && this.contains(each));
    if (!over) return;
    const places = this.#places;
    const isBehind = places.indexOf(over) > places.indexOf(lifted.place);
    this.#put(lifted.place, isBehind ? over.nextElementSibling : over);
  }

  #dropped({ isBack = false } = {}) {
    const { place, home, isMoving, timer } = this.#lifted ?? {};
    this.#lifted = null;
    clearTimeout(timer);
    place?.classList.remove("is-lifted");
    if (!isMoving) return;
    if (isBack) return this.#put(place, home);
    const next = place.nextElementSibling;
    if (next === home) return;
    // The last one of this page is not the last of the album: its place is behind the one before it.
    this.#tell(place, next ? { before: next.dataset.photo } : { behind: place.previousElementSibling.dataset.photo });
  }

  #put(place, follower) {
    place.parentElement.insertBefore(place, follower);
  }

  async #tell(place, where) {
    const places = this.#places;
    const body = new FormData(place.querySelector("form"));
    for (const [name, value] of Object.entries(where)) body.set(name, value);
    const answer = await fetch(this.getAttribute("src"), { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
    const kept = gettext("{name}: now at place {place} of {count}.", { name: place.dataset.name, place: places.indexOf(place) + 1, count: places.length });
    this.querySelector("[role=status]").textContent = answer?.ok ? kept : gettext("That was not kept. The page is loaded again.");
    if (!answer?.ok) setTimeout(() => location.reload(), 1500);
  }
}

customElements.define("album-order", AlbumOrder);
