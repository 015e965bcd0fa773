// Builds the upload queue from the attributes of an element (photos/templatetags/uploading.py).
import { Hasher } from "tessera/files/hashing";
import { objection } from "tessera/files/file-checks";
import { loadKinds } from "tessera/files/file-kinds";
import { UNFINISHED } from "tessera/upload/upload-item";
import { Queue } from "tessera/upload/queue";
import { Tickets } from "tessera/upload/tickets";

/** Return a queue for the uploads of `element`, a <photo-upload> or <upload-tray>. */
export function queueOf(element) {
  const number = (name) => Number(element.getAttribute(name));
  const cookie = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  const token = () => cookie() ?? element.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const limits = () => ({
    formatsUrl: element.getAttribute("formats-url"),
    accept: element.getAttribute("accept"),
    maxBytes: number("max-bytes"),
    maxMegapixels: number("max-megapixels"),
  });
  const sizes = { wholeUpTo: number("whole-up-to-bytes"), partBytes: number("part-bytes") };
  return new Queue({
    hasher: new Hasher(element.getAttribute("worker-url"), sizes),
    tickets: new Tickets(element.getAttribute("begin-url"), token, () => loadKinds(limits().formatsUrl)),
    finishUrl: element.getAttribute("finish-url"),
    partsUrl: element.getAttribute("parts-url"),
    cancelUrl: element.getAttribute("cancel-url"),
    token,
    objection: (file, signal) => objection(file, limits(), signal),
  });
}

/** Ask before the reader closes the page while photos go up, but not on the way to another page of ours, where they
 *  continue. `items()`: all items. `kept`: the Kept that stores their files. */
export function askBeforeClosing(items, kept, signal) {
  let isStaying = false;
  const listen = (target, type, listener) => target.addEventListener(type, listener, { signal });
  listen(document, "click", ({ target }) => {
    const link = target.closest("a[href]");
    isStaying = link?.origin === location.origin;
  });
  listen(document, "submit", () => (isStaying = true));
  listen(window, "beforeunload", (event) => {
    const unfinished = items().filter(({ step }) => UNFINISHED.has(step));
    if (unfinished.length && !(isStaying && unfinished.every(({ file }) => kept.has(file)))) event.preventDefault();
  });
}
