// <album-order src="/a/…/move/">: lets an owner reorder the photos of an album by dragging or by buttons, and posts
// each move to the site. A finger must rest on a photo before it drags it; moving at once scrolls the page.
import { gettext } from "tessera/lib/i18n";
import { noteChange } from "tessera/site/cached-page";

const SLACK_PX = 6; // a shorter movement is a click
const REST_MS = 350;

class AlbumOrder extends HTMLElement {
  #end;
  #lifted = null;
  #saved = Promise.resolve(); // settles when all moves so far are saved

  connectedCallback() {
    this.#end = new AbortController();
    const { signal } = this.#end;
    const on = (name, listener, options) => this.addEventListener(name, listener, { signal, ...options });
    this.setAttribute("is-live", "");
    on("submit", (event) => this.#stepped(event));
    on("pointerdown", (event) => this.#pressed(event));
    on("pointermove", (event) => this.#dragged(event));
    const dropIf = (how) => ({ pointerId }) => pointerId === this.#lifted?.pointerId && this.#dropped(how);
    on("pointerup", dropIf({ isBack: false }));
    on("pointercancel", dropIf({ isBack: true }));
    on("touchmove", (event) => this.#lifted?.isMoving && event.preventDefault(), { passive: false });
    on("contextmenu", (event) => this.#lifted && event.preventDefault());
  }

  disconnectedCallback() {
    this.#end.abort();
  }

  get #places() {
    return [...this.querySelectorAll("[data-photo]")];
  }

  /** A button was pressed: swap the photo with its neighbour and keep the focus on the button. */
  #stepped(event) {
    const { submitter } = event;
    const place = submitter?.closest("[data-photo]");
    const isLater = submitter?.value === "later";
    const next = isLater ? place.nextElementSibling : place?.previousElementSibling;
    // At the edge of this page the neighbour is on another page, which only the site knows: submit the form.
    if (submitter?.name !== "to" || !next) return;
    event.preventDefault();
    this.#put(place, isLater ? next.nextElementSibling : next);
    submitter.focus();
    this.#post(place, { to: submitter.value });
  }

  #pressed({ button, target, clientX, clientY, pointerId, pointerType }) {
    if (this.#lifted) return this.#dropped({ isBack: true }); // a second finger zooms: the first stops dragging
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
    // The last photo of this page may not be the last of the album: name the photo before it instead.
    this.#post(place, next ? { before: next.dataset.photo } : { behind: place.previousElementSibling.dataset.photo });
  }

  #put(place, follower) {
    place.parentElement.insertBefore(place, follower);
  }

  /** Post a move once the earlier ones are saved: each starts from the order that they made. */
  #post(place, where) {
    const places = this.#places;
    const body = new FormData(place.querySelector("form"));
    for (const [name, value] of Object.entries(where)) body.set(name, value);
    const numbers = { place: places.indexOf(place) + 1, count: places.length };
    const done = gettext("{name}: now at place {place} of {count}.", { name: place.dataset.name, ...numbers });
    this.#saved = this.#saved.then(() => this.#save(body, done));
  }

  async #save(body, done) {
    const request = { method: "POST", body, headers: { "HX-Request": "true" } };
    const response = await fetch(this.getAttribute("src"), request).catch(() => null);
    const signinUrl = response?.headers.get("HX-Redirect");
    const isSaved = response?.status === 204 && !signinUrl;
    if (isSaved) {
      noteChange();
      this.querySelector("[role=status]").textContent = done;
    } else if (signinUrl) location.assign(signinUrl);
    else this.#reload();
    return isSaved || new Promise(() => {}); // later moves start from an order that was not saved: never post them
  }

  /** Say that a move was lost, and load the order that the site has as soon as there is a network. */
  #reload() {
    const notice = this.querySelector("[role=alert]");
    const textContent = gettext("The change was not saved. The page is loaded again.");
    Object.assign(notice, { hidden: false, textContent });
    if (navigator.onLine) setTimeout(() => location.reload(), 1500);
    else window.addEventListener("online", () => location.reload(), { signal: this.#end.signal });
  }
}

customElements.define("album-order", AlbumOrder);
