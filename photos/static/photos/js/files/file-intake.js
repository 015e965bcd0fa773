// The ways in which photos reach the upload page: chosen as files or as a folder, dropped anywhere, pasted.
import { filesOf, withoutStrays } from "tessera/files/files";

/** Call `take(files)` for all photos that reach `root`, until `signal` aborts. `root` has .is-dropping while files
 *  hover. */
export function takeIn(root, take, signal) {
  const listen = (target, type, listener) => target.addEventListener(type, listener, { signal });
  const input = root.querySelector("input[type=file]");
  const choose = (isFolder) => {
    input.webkitdirectory = isFolder;
    input.click();
  };
  listen(input, "change", () => {
    take(withoutStrays([...input.files]));
    input.value = "";
    input.webkitdirectory = false;
  });
  const button = (name) => root.querySelector(`[data-do="${name}"]`);
  button("choose-folder").hidden = !("webkitdirectory" in input);
  listen(button("choose"), "click", () => choose(false));
  listen(button("choose-folder"), "click", () => choose(true));
  listen(document, "paste", async ({ clipboardData }) => take(await filesOf(clipboardData)));

  const hover = (event, isOver) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    root.classList.toggle("is-dropping", isOver);
  };
  listen(document, "dragover", (event) => hover(event, true));
  listen(document, "dragleave", (event) => event.relatedTarget || hover(event, false));
  listen(document, "drop", async (event) => {
    hover(event, false);
    take(await filesOf(event.dataTransfer));
  });
}
