// <upload-tray>: photos that were going up when a page was left go on on the next one. Without any, it costs a look.
import { isEmpty } from "tessera/files/kept-store";

class UploadTray extends HTMLElement {
  async connectedCallback() {
    if (await isEmpty().catch(() => true)) return;
    const { carryOn } = await import("tessera/upload/tray-upload");
    await carryOn(this);
  }
}

customElements.define("upload-tray", UploadTray);
