// <photo-keys>: arrow keys and swipes follow the links to the neighbouring photos.

const SWIPE_PX = 60;

class PhotoKeys extends HTMLElement {
  #end;

  connectedCallback() {
    this.#end = new AbortController();
    const { signal } = this.#end;
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal });
    const options = { signal, passive: true };
    const began = ({ touches }) => { this.from = touches.length === 1 ? touches[0] : null; };
    this.addEventListener("touchstart", began, options);
    this.addEventListener("touchend", ({ changedTouches: [to] }) => this.#swiped(to), options);
  }

  disconnectedCallback() {
    this.#end.abort();
  }

  #pressed(event) {
    const { altKey, ctrlKey, metaKey, shiftKey, target } = event;
    if (altKey || ctrlKey || metaKey || shiftKey || target.closest("input, textarea, select, [popover]")) return;
    if (event.key === "ArrowLeft") this.#go(".newer");
    if (event.key === "ArrowRight") this.#go(".older");
  }

  #swiped(to) {
    if (!this.from || (window.visualViewport?.scale ?? 1) > 1.05) return;
    const across = to.clientX - this.from.clientX;
    const down = Math.abs(to.clientY - this.from.clientY);
    if (Math.abs(across) > SWIPE_PX && down < SWIPE_PX) this.#go(across > 0 ? ".newer" : ".older");
  }

  #go(selector) {
    this.querySelector(selector)?.click();
  }
}

customElements.define("photo-keys", PhotoKeys);
