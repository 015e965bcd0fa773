// <album-order src="/a/…/move/">: puts the places inside it into another order, by dragging or by their buttons, and
// tells the site of each move. A finger lifts a photo by resting on it, since moving it at once scrolls the page.
import { gettext } from "tessera/lib/i18n";

const SLACK_PX = 6; // less than that is a click
const REST_MS = 350;

class AlbumOrder extends HTMLElement {
  #end;
  #lifted = null;
  #told = Promise.resolve(); // until the moves so far are kept

  connectedCallback() {
    this.#end = new AbortController();
    const { signal } = this.#end;
    const on = (name, heard, options) => this.addEventListener(name, heard, { signal, ...options });
    this.setAttribute("is-live", "");
    on("submit", (event) => this.#stepped(event));
    on("pointerdown", (event) => this.#pressed(event));
    on("pointermove", (event) => this.#dragged(event));
    const ends = { pointerup: { isBack: false }, pointercancel: { isBack: true } };
    for (const [name, how] of Object.entries(ends)) on(name, ({ pointerId }) => pointerId === this.#lifted?.pointerId && this.#dropped(how));
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
    if (this.#lifted) return this.#dropped({ isBack: true }); // a second finger, as for zooming: the first moves nothing any more
    const place = button === 0 && target.closest(".place-picture")?.closest("[data-photo]");
    if (!place) return;
    const lifted = { place, pointerId, x: clientX, y: clientY, home: place.nextElementSibling, isMoving: false };
    this.#lifted = lifted;
    this.setPointerCapture(pointerId);
    if (pointerType === "touch") lifted.timer = setTimeout(() => this.#lift(lifted), REST_MS);
  }

  #lift(lifted) {
    lifted.isMoving = true;
    lifted.place.classList.add("is-lifted");
  }

  #dragged({ clientX, clientY, pointerId }) {
    const lifted = this.#lifted;
    if (lifted?.pointerId !== pointerId) return;
    if (!lifted.isMoving) {
      if (Math.hypot(clientX - lifted.x, clientY - lifted.y) < SLACK_PX) return;
      if (lifted.timer) return this.#dropped({ isBack: true });
      this.#lift(lifted);
    }
    const under = document.elementsFromPoint(clientX, clientY).map((each) => each.closest("[data-photo]"));
    const over = under.find((each) => each && each !== lifted.place && this.contains(each));
    if (!over) return;
    const places = this.#places;
    const isBehind = places.indexOf(over) > places.indexOf(lifted.place);
    this.#put(lifted.place, isBehind ? over.nextElementSibling : over);
  }

  #dropped({ isBack }) {
    const { place, home, isMoving, timer } = this.#lifted;
    this.#lifted = null;
    clearTimeout(timer);
    place.classList.remove("is-lifted");
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

  /** Tell the site, after what it was told before: each move goes by where the others have led. */
  #tell(place, where) {
    const places = this.#places;
    const body = new FormData(place.querySelector("form"));
    for (const [name, value] of Object.entries(where)) body.set(name, value);
    const said = gettext("{name}: now at place {place} of {count}.", { name: place.dataset.name, place: places.indexOf(place) + 1, count: places.length });
    this.#told = this.#told.then(() => this.#keep(body, said));
  }

  async #keep(body, said) {
    const answer = await fetch(this.getAttribute("src"), { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
    const elsewhere = answer?.headers.get("HX-Redirect"); // to the sign-in page, and back
    const isKept = answer?.status === 204 && !elsewhere;
    if (isKept) this.querySelector("[role=status]").textContent = said;
    else if (elsewhere) location.assign(elsewhere);
    else this.#beginAgain();
    return isKept || new Promise(() => {}); // what follows a move that was lost would go astray
  }

  /** With what the site knows, once it can be asked. */
  #beginAgain() {
    const notice = this.querySelector("[role=alert]");
    Object.assign(notice, { hidden: false, textContent: gettext("That was not kept. The page is loaded again.") });
    if (navigator.onLine) setTimeout(() => location.reload(), 1500);
    else window.addEventListener("online", () => location.reload(), { signal: this.#end.signal });
  }
}

customElements.define("album-order", AlbumOrder);
