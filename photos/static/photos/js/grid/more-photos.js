// <more-photos>: infinite scrolling. It follows the link inside it before the reader reaches it, so that the row
// which the new photos complete is still out of sight and nothing on the screen moves. htmx fetches; without htmx it
// is a plain link.

const AHEAD = "150% 0%";

class MorePhotos extends HTMLElement {
  #watcher;

  connectedCallback() {
    this.#watcher = new IntersectionObserver((entries) => this.#neared(entries), { rootMargin: AHEAD });
    this.#watcher.observe(this);
  }

  disconnectedCallback() {
    this.#watcher.disconnect();
  }

  #neared(entries) {
    if (!window.htmx || !entries.some(({ isIntersecting }) => isIntersecting)) return;
    this.#watcher.disconnect();
    this.follow();
  }

  /** Have htmx fetch the next photos now. Without process() a link that htmx has not seen yet would leave the page. */
  follow() {
    const link = this.querySelector("a");
    if (!window.htmx || !link || link.classList.contains("htmx-request")) return;
    window.htmx.process(link);
    link.click();
  }
}

// Modules run after the document is parsed and after htmx, which is deferred too and stands before them.
customElements.define("more-photos", MorePhotos);
