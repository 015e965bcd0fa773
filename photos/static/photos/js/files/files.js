// What somebody dropped, pasted or chose: files, and folders walked through.
import { number } from "tessera/lib/i18n";

const TYPES = {
  jpg: "image/jpeg", jpeg: "image/jpeg", jpe: "image/jpeg", png: "image/png", webp: "image/webp", gif: "image/gif",
  avif: "image/avif", heic: "image/heic", heif: "image/heif", hif: "image/heic", tif: "image/tiff", tiff: "image/tiff",
};
const UNITS = ["kilobyte", "megabyte", "gigabyte"];
/** What lies beside photos in a folder: hidden files, and the notes of systems and photo programs. */
const STRAY = /^\.|^(thumbs\.db|desktop\.ini)$|\.(aae|cos|dop|ini|lrv|on1|pp3|thm|xmp)$/i;

/** The file's media type; by its name where the system does not know it for a picture (HEIC on most desktops). */
export function typeOf(file) {
  if (file.type.startsWith("image/")) return file.type;
  return TYPES[file.name.split(".").pop().toLowerCase()] || file.type || "application/octet-stream";
}

/** 1300000 → "1.2 MB", a kilobyte being 1024 bytes, as in the limits that we state. */
export function humanSize(bytes) {
  const power = Math.min(UNITS.length, Math.max(1, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const size = bytes / 1024 ** power;
  const style = { style: "unit", unit: UNITS[power - 1], unitDisplay: "short", maximumFractionDigits: size < 10 ? 1 : 0 };
  return number(size, style);
}

export const withoutStrays = (files) => files.filter((file) => !STRAY.test(file.name));

/** Resolve to every file of a drop or paste, folders walked through. */
export async function filesOf(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile()); // before any await: they go away
  const found = await Promise.all(entries.map(walk));
  return withoutStrays(found.flat().filter(Boolean));
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
