// <upload-tray>: continues the uploads of an earlier page. When there are none it loads nothing else.
import { isEmpty } from "tessera/files/kept-store";

class UploadTray extends HTMLElement {
  connectedCallback() {
    this.#begin();
    // On a page that Back shows as it was: photos go on that were chosen meanwhile, or those here have gone elsewhere.
    const cameBack = () => (this.hidden ? this.#begin() : location.reload());
    window.addEventListener("pageshow", ({ persisted }) => persisted && cameBack());
  }

  async #begin() {
    if (await isEmpty().catch(() => true)) return;
    const { continueUploads } = await import("tessera/upload/tray-upload");
    await continueUploads(this);
  }
}

customElements.define("upload-tray", UploadTray);
