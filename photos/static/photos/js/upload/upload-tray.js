// <upload-tray>: continues the uploads of an earlier page. When there are none it loads nothing else.
import { isEmpty } from "tessera/files/kept-store";

class UploadTray extends HTMLElement {
  async connectedCallback() {
    if (await isEmpty().catch(() => true)) return;
    const { continueUploads } = await import("tessera/upload/tray-upload");
    await continueUploads(this);
  }
}

customElements.define("upload-tray", UploadTray);
