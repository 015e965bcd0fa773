// The controls around the picture: tabs, buttons, looks, keys. Events: "do" (an action), "choose" ({name, value}),
// "tab", and "before" (true: show the untouched photo).
const RELEASES = ["pointerup", "pointercancel", "blur", "keyup"];
const NEXT = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export class Controls extends EventTarget {
  tab = "crop";
  #looksOf = "";

  constructor(editor, signal) {
    super();
    this.editor = editor;
    const listen = (target, kind, listener) => target.addEventListener(kind, listener, { signal });
    listen(editor, "click", ({ target }) => this.#clicked(target));
    listen(editor, "change", ({ target: { name, value } }) => name && this.#emit("choose", { name, value }));
    listen(editor.querySelector("form"), "submit", (event) => event.preventDefault());
    listen(editor.querySelector("[role=tablist]"), "keydown", (event) => this.#stepped(event));
    listen(document, "keydown", (event) => this.#pressed(event));
    for (const element of editor.querySelectorAll("[data-hold]")) {
      const canHold = () => element.matches("button") || this.tab !== "crop";
      listen(element, "pointerdown", ({ button }) => button === 0 && canHold() && this.#emit("before", true));
      // Elements inside, such as the handles of the crop, have keys of their own.
      const isPress = ({ key, target }) => target === element && [" ", "Enter"].includes(key);
      listen(element, "keydown", (event) => isPress(event) && this.#emit("before", true));
      listen(element, "contextmenu", (event) => event.preventDefault());
    }
    for (const kind of RELEASES) listen(window, kind, () => this.#emit("before", false));
  }

  /** Enable or disable buttons: `able` maps actions to booleans. Check `look`, the chosen one. */
  show(able, look) {
    // Not `disabled`: a button that is disabled while it has the focus loses it.
    for (const [action, isAble] of Object.entries(able)) this.#button(action).setAttribute("aria-disabled", !isAble);
    this.editor.querySelector(`[name=look][value="${look}"]`).checked = true;
  }

  /** Draw the pictures of the looks again if the other colours have changed. */
  showLooks(preview, edits) {
    const key = [edits.exposure, edits.contrast, edits.saturation, edits.warmth].join();
    if (this.tab !== "looks" || key === this.#looksOf) return;
    this.#looksOf = key;
    const canvasOf = (input) => input.parentElement.querySelector("canvas");
    const choices = [...this.editor.querySelectorAll("[name=look]")];
    preview.showLooks(edits, choices.map((input) => [input.value, canvasOf(input)]));
  }

  /** Announce `words` to screen readers. */
  say(words) {
    this.editor.querySelector("[data-part=live]").textContent = words;
  }

  #clicked(target) {
    const action = target.closest("[data-do]")?.dataset.do;
    const tab = target.closest("[role=tab]");
    if (tab) this.#open(tab);
    if (action) this.#do(action);
  }

  #open(tab) {
    this.tab = tab.dataset.tab;
    for (const each of this.editor.querySelectorAll("[role=tab]")) {
      each.setAttribute("aria-selected", each === tab);
      each.tabIndex = each === tab ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).hidden = each !== tab;
    }
    this.#emit("tab");
  }

  #stepped(event) {
    const tabs = [...this.editor.querySelectorAll("[role=tab]")];
    const next = tabs.at((tabs.indexOf(event.target) + NEXT[event.key]) % tabs.length);
    if (!next || !(event.key in NEXT)) return;
    event.preventDefault();
    next.focus();
    this.#open(next);
  }

  #pressed(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    const action = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : "";
    if (!action) return;
    event.preventDefault();
    this.#do(action);
  }

  #do(action) {
    if (this.#button(action).getAttribute("aria-disabled") !== "true") this.#emit("do", action);
  }

  #button(action) {
    return this.editor.querySelector(`[data-do="${action}"]`);
  }

  #emit(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}
