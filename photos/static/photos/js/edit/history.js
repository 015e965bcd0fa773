// The undo history of the editor, and the steps that its buttons make.
import { UNTOUCHED, isSame, mirrored, turned } from "tessera/edit/recipe";
import { gettext } from "tessera/lib/i18n";

/** Recipes before and after the current one (`now`). Quick changes of one value (`of`) are one step. */
export class History {
  #past = [];
  #future = [];
  #last = { of: "", at: 0 };
  static PAUSE_MS = 800;

  constructor(now) {
    this.now = now;
  }

  push(edits, of = "") {
    if (isSame(edits, this.now)) return;
    const at = performance.now();
    const isContinued = of && of === this.#last.of && at - this.#last.at < History.PAUSE_MS;
    if (!isContinued) this.#past.push(this.now);
    this.#future = [];
    this.#last = { of, at };
    this.now = edits;
  }

  undo() {
    return this.#step(this.#past, this.#future);
  }

  redo() {
    return this.#step(this.#future, this.#past);
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  #step(from, to) {
    if (!from.length) return this.now;
    to.push(this.now);
    this.#last.of = "";
    return (this.now = from.pop());
  }
}

/** By action: from the recipe and its history to [changed values, options of PhotoEditor.#change]. */
export const STEPS = {
  undo: (_, history) => [history.undo(), { isFinal: false, says: gettext("Undone") }],
  redo: (_, history) => [history.redo(), { isFinal: false, says: gettext("Redone") }],
  revert: () => [UNTOUCHED, { says: gettext("Back to the original. Save to keep it.") }],
  "turn-left": (edits) => [turned(edits, -1), { says: gettext("Turned left") }],
  "turn-right": (edits) => [turned(edits, 1), { says: gettext("Turned right") }],
  flip: (edits) => [mirrored(edits), { says: gettext("Flipped") }],
};
