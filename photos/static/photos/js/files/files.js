// Files that a reader dropped, pasted or chose: their sizes, and the contents of folders.
import { number } from "tessera/lib/i18n";

const UNITS = ["kilobyte", "megabyte", "gigabyte"];
/** Other files of a folder of photos: hidden files, and sidecar files of systems and photo programs. */
const STRAY = /^\.|^(thumbs\.db|desktop\.ini)$|\.(aae|cos|dop|ini|lrv|on1|pp3|thm|xmp)$/i;

/** Return a size as a text: 1300000 → "1.2 MB". A kilobyte has 1024 bytes, as in the limits on our pages. */
export function humanSize(bytes) {
  const power = Math.min(UNITS.length, Math.max(1, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const size = bytes / 1024 ** power;
  const maximumFractionDigits = size < 10 ? 1 : 0;
  return number(size, { style: "unit", unit: UNITS[power - 1], unitDisplay: "short", maximumFractionDigits });
}

export const withoutStrays = (files) => files.filter((file) => !STRAY.test(file.name));

/** Resolve to all files of a drop or paste, with those in folders. */
export async function filesOf(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  // Before any await: the browser empties `items` then.
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const files = await Promise.all(entries.map(walk));
  return withoutStrays(files.flat().filter(Boolean));
}

async function walk(entry) {
  if (!entry || entry instanceof File) return [entry];
  if (entry.isFile) return [await new Promise((resolve) => entry.file(resolve, () => resolve(null)))];
  const reader = entry.createReader();
  const inside = [];
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) break;
    inside.push(...some);
  }
  return (await Promise.all(inside.map(walk))).flat();
}
