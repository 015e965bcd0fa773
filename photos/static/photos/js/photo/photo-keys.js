// <photo-keys>: the arrow keys and a swipe go to the neighbouring photos, by the links that are there anyway.

const SWIPE_PX = 60;

class PhotoKeys extends HTMLElement {
  #end;

  connectedCallback() {
    this.#end = new AbortController();
    const { signal } = this.#end;
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal });
    this.addEventListener("touchstart", ({ touches }) => { this.from = touches.length === 1 ? touches[0] : null; }, { signal, passive: true });
    this.addEventListener("touchend", ({ changedTouches: [to] }) => this.#swiped(to), { signal, passive: true });
  }

  disconnectedCallback() {
    this.#end.abort();
  }

  #pressed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest("input, textarea, select, [popover]")) return;
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
