// Photos shared from another app: who may see them has to be said before they go up.
import { ngettext } from "tessera/lib/i18n";

/** Ask below `root` what to do with `files`: `take(files)` or `leave()` them. */
export function offer(root, files, { take, leave }) {
  const question = root.querySelector("[data-part=shared]");
  question.querySelector("[data-part=shared-count]").textContent = ngettext("{count} photo was shared with Tessera.", "{count} photos were shared with Tessera.", files.length);
  question.hidden = false;
  for (const [name, act] of Object.entries({ "take-shared": () => take(files), "leave-shared": leave })) {
    question.querySelector(`[data-part=${name}]`).addEventListener("click", () => {
      question.hidden = true;
      act();
    }, { once: true });
  }
}
