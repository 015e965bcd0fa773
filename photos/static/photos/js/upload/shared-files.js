// Photos that another app has shared: the reader chooses their visibility before they are sent.
import { ngettext } from "tessera/lib/i18n";

/** Ask inside `root` what to do with `files`; calls `take(files)` or `leave()`. */
export function offer(root, files, { take, leave }) {
  const question = root.querySelector("[data-part=shared]");
  question.querySelector("[data-part=shared-count]").textContent =
    ngettext("{count} photo was shared with Tessera.", "{count} photos were shared with Tessera.", files.length);
  question.hidden = false;
  for (const [name, act] of Object.entries({ "take-shared": () => take(files), "leave-shared": leave })) {
    question.querySelector(`[data-part=${name}]`).addEventListener("click", () => {
      question.hidden = true;
      act();
    }, { once: true });
  }
}
