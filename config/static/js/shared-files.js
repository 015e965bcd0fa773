// Photos shared from another app: who may see them has to be said before they go up.

/** Ask below `root` what to do with `files`: `take(files)` or `leave()` them. */
export function offer(root, files, { take, leave }) {
  const question = root.querySelector("[data-part=shared]");
  question.querySelector("[data-part=shared-count]").textContent = files.length === 1 ? "1 photo was" : `${files.length} photos were`;
  question.hidden = false;
  for (const [name, act] of Object.entries({ "take-shared": () => take(files), "leave-shared": leave })) {
    question.querySelector(`[data-part=${name}]`).addEventListener("click", () => {
      question.hidden = true;
      act();
    }, { once: true });
  }
}
