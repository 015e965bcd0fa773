// What there is to see in a photo, for people who cannot see it: asked for while it goes up, kept once the site knows it.
import { gettext } from "tessera/lib/i18n";

const UNSAVED = gettext("Description not saved. Change it to try again.");

export class Descriptions {
  /** `rows` maps items to their rows, where they have one; `token()` gives the CSRF token of the moment. */
  constructor(rows, token) {
    Object.assign(this, { rows, token });
  }

  /** Take what was written into one of the fields; return whose it is. */
  take(field) {
    const [item] = [...this.rows].find(([, { element }]) => element.contains(field));
    this.keep(Object.assign(item, { alt: field.value }));
    return item;
  }

  /** Keep what is said of `item` with its photo, if there is news and the photo has arrived. */
  async keep(item) {
    const { alt, pid } = item;
    if (!pid || alt === undefined || alt === item.keptAlt) return;
    item.keptAlt = alt;
    const response = await fetch(`/p/${pid}/caption/`, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": this.token() },
      body: new URLSearchParams({ alt }),
    }).catch(() => null);
    const isKept = response?.status === 204;
    if (!isKept) item.keptAlt = undefined;
    this.rows.get(item)?.complain(isKept ? "" : UNSAVED);
  }
}
