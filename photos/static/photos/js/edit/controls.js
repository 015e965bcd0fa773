// Everything around the picture that is pressed, held or chosen: tabs, buttons, looks, keys. Events: "do" (an action),
// "choose" ({name, value}), "tab", and "before" (whether the untouched photo is to be seen).
const LETS_GO = ["pointerup", "pointercancel", "blur", "keyup"];
const NEXT = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export class Controls extends EventTarget {
  tab = "crop";
  #looksOf = "";

  constructor(editor, signal) {
    super();
    this.editor = editor;
    const listen = (target, kind, listener) => target.addEventListener(kind, listener, { signal });
    listen(editor, "click", ({ target }) => this.#clicked(target));
    listen(editor, "change", ({ target: { name, value } }) => name && this.#tell("choose", { name, value }));
    listen(editor.querySelector("form"), "submit", (event) => event.preventDefault());
    listen(editor.querySelector("[role=tablist]"), "keydown", (event) => this.#stepped(event));
    listen(document, "keydown", (event) => this.#pressed(event));
    for (const element of editor.querySelectorAll("[data-hold]")) {
      const canHold = () => element.matches("button") || this.tab !== "crop";
      listen(element, "pointerdown", ({ button }) => button === 0 && canHold() && this.#tell("before", true));
      // Handles of the crop and others inside have keys of their own.
      listen(element, "keydown", ({ key, target }) => target === element && [" ", "Enter"].includes(key) && this.#tell("before", true));
      listen(element, "contextmenu", (event) => event.preventDefault());
    }
    for (const kind of LETS_GO) listen(window, kind, () => this.#tell("before", false));
  }

  /** What can be done just now: {undo, redo, save} as booleans, and the look that is chosen. */
  show(able, look) {
    // Not `disabled`: who has just pressed one would lose their place on the page.
    for (const [action, isAble] of Object.entries(able)) this.#button(action).setAttribute("aria-disabled", !isAble);
    this.editor.querySelector(`[name=look][value="${look}"]`).checked = true;
  }

  /** Bring the little pictures of the looks up to date with the other colours. */
  showLooks(preview, edits) {
    const key = [edits.exposure, edits.contrast, edits.saturation, edits.warmth].join();
    if (this.tab !== "looks" || key === this.#looksOf) return;
    this.#looksOf = key;
    const choices = [...this.editor.querySelectorAll("[name=look]")];
    preview.showLooks(edits, choices.map((input) => [input.value, input.parentElement.querySelector("canvas")]));
  }

  /** Tell those who listen to the page rather than look at it. */
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
    this.#tell("tab");
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
    if (this.#button(action).getAttribute("aria-disabled") !== "true") this.#tell("do", action);
  }

  #button(action) {
    return this.editor.querySelector(`[data-do="${action}"]`);
  }

  #tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}
