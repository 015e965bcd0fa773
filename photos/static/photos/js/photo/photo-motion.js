// <photo-motion>: a photo that moves, with a button that stops and starts it. Without scripts the browser goes by the
// reader's wish for less motion; so does this, at first.
import { gettext } from "tessera/lib/i18n";
import { wantsMotion } from "tessera/lib/motion";

class PhotoMotion extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.source = this.querySelector("[data-part=motion]");
    if (!this.button || !this.source) return;
    this.button.hidden = false;
    this.button.onclick = () => this.#play(!this.isPlaying);
    this.#play(wantsMotion());
  }

  #play(isPlaying) {
    this.isPlaying = isPlaying;
    this.source.media = isPlaying ? "all" : "not all";
    this.button.textContent = isPlaying ? gettext("Pause") : gettext("Play");
  }
}

customElements.define("photo-motion", PhotoMotion);
