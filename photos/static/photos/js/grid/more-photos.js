// <more-photos>: follows the link inside it before its reader gets there, so that the row it completes is still out of
// sight and nothing on the screen moves. htmx does the fetching; without it the link is a link.

const AHEAD = "150% 0%";

class MorePhotos extends HTMLElement {
  #watcher;

  connectedCallback() {
    this.#watcher = new IntersectionObserver((seen) => this.#seen(seen), { rootMargin: AHEAD });
    this.#watcher.observe(this);
  }

  disconnectedCallback() {
    this.#watcher.disconnect();
  }

  #seen(seen) {
    if (!window.htmx || !seen.some(({ isIntersecting }) => isIntersecting)) return;
    this.#watcher.disconnect();
    this.follow();
  }

  /** Have htmx fetch the next photos, now. It may not have come to this link yet, which would then lead away. */
  follow() {
    const link = this.querySelector("a");
    if (!window.htmx || link.classList.contains("htmx-request")) return;
    window.htmx.process(link);
    link.click();
  }
}

// Modules run after the document is parsed, and after htmx, which is deferred too and stands before.
customElements.define("more-photos", MorePhotos);
