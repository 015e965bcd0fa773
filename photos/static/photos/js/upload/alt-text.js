// Descriptions (alternative texts) of photos: typed while they upload, saved once the site has the photo.
import { gettext } from "tessera/lib/i18n";

const UNSAVED = gettext("Alt text not saved. Change it to try again.");

export class Descriptions {
  /** `rows` maps items to their rows, if they have one; `token()` returns the current CSRF token. */
  constructor(rows, token) {
    Object.assign(this, { rows, token });
  }

  /** Take the text of a field; return the item that it belongs to. */
  take(field) {
    const [item] = [...this.rows].find(([, { element }]) => element.contains(field));
    this.save(Object.assign(item, { alt: field.value }));
    return item;
  }

  /** Save the description of `item` if it has changed and the photo has arrived. */
  async save(item) {
    const { alt, pid } = item;
    if (!pid || alt === undefined || alt === item.savedAlt) return;
    item.savedAlt = alt;
    const response = await fetch(`/p/${pid}/caption/`, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": this.token() },
      body: new URLSearchParams({ alt }),
    }).catch(() => null);
    const isSaved = response?.status === 204;
    if (!isSaved) item.savedAlt = undefined;
    this.rows.get(item)?.complain(isSaved ? "" : UNSAVED);
  }
}
