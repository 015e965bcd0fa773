// What somebody dropped, pasted or chose, and what can be said about it before a byte is sent.

const TYPES = {
  jpg: "image/jpeg", jpeg: "image/jpeg", jpe: "image/jpeg", png: "image/png", webp: "image/webp", gif: "image/gif",
  avif: "image/avif", heic: "image/heic", heif: "image/heif", hif: "image/heif", tif: "image/tiff", tiff: "image/tiff",
};

/** The file's media type; by its name where the system does not know it (HEIC on most desktops). */
export function typeOf(file) {
  return file.type || TYPES[file.name.split(".").pop().toLowerCase()] || "application/octet-stream";
}

/** 1234567 → "1.2 MB" */
export function humanSize(bytes) {
  const [unit, size] = bytes < 1e6 ? ["kilobyte", bytes / 1e3] : ["megabyte", bytes / 1e6];
  return new Intl.NumberFormat("en", { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: size < 10 ? 1 : 0 }).format(size);
}

/** Why this file cannot be taken, as a sentence; "" when it can. */
export function objection(file, { accept, maxBytes }) {
  const taken = accept.split(",").map((part) => part.trim().toLowerCase());
  const isTaken = taken.some((part) => part === typeOf(file) || part === "image/*" || (part.startsWith(".") && file.name.toLowerCase().endsWith(part)));
  if (!isTaken) return "This is not a photo format that we take. JPEG, PNG, WebP, HEIC, AVIF, GIF and TIFF are.";
  if (file.size === 0) return "This file is empty. It may not have been copied completely.";
  if (file.size > maxBytes) return `This file has ${humanSize(file.size)}; one photo may have ${humanSize(maxBytes)}.`;
  return "";
}

/** Every file of a drop or paste, folders walked through; hidden files are left out. */
export async function filesOf(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found = await Promise.all(entries.map(walk));
  return found.flat().filter((file) => file && !file.name.startsWith("."));
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
