// What it takes to send photos, from the attributes of an element (photos/templatetags/uploading.py).
import { Hasher } from "tessera/files/hashing";
import { objection } from "tessera/files/file-checks";
import { UNFINISHED } from "tessera/upload/upload-item";
import { Queue } from "tessera/upload/queue";
import { Tickets } from "tessera/upload/tickets";

/** A queue for the uploads of `element`. */
export function queueOf(element) {
  const number = (name) => Number(element.getAttribute(name));
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? element.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const limits = () => ({ accept: element.getAttribute("accept"), maxBytes: number("max-bytes"), maxMegapixels: number("max-megapixels") });
  return new Queue({
    hasher: new Hasher(element.getAttribute("worker-url"), { wholeUpTo: number("whole-up-to-bytes"), partBytes: number("part-bytes") }),
    tickets: new Tickets(element.getAttribute("begin-url"), token),
    finishUrl: element.getAttribute("finish-url"),
    partsUrl: element.getAttribute("parts-url"),
    cancelUrl: element.getAttribute("cancel-url"),
    token,
    objection: (file, signal) => objection(file, limits(), signal),
  });
}

/** Whoever closes the page while photos go up is asked first. Whoever goes on to a page of ours is not: they go on there. */
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
