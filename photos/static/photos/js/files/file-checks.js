// What can be said about a file before a byte of it is sent: what it is, how large, how many pixels.
import { humanSize, typeOf } from "tessera/files/files";
import { Unreadable } from "tessera/files/hashing";
import { HEAD_BYTES, otherThanPhoto } from "tessera/files/file-kinds";
import { Lanes } from "tessera/lib/concurrency";
import { gettext } from "tessera/lib/i18n";

const MILLION = 1e6;
const lanes = new Lanes(1); // a browser that opens a hundred large pictures at once has no memory left

/** Resolve to why this file cannot be taken, as a sentence; "" when it can, as far as a browser can tell.
 *  `limits` {accept, maxBytes, maxMegapixels}. */
export async function objection(file, limits, signal) {
  const other = otherThanPhoto(file, await headOf(file));
  if (other) return other;
  if (file.size === 0) return gettext("This file is empty. It may not have been copied completely.");
  if (!isAccepted(file, limits.accept)) return gettext("This is not a photo format that we take. JPEG, PNG, WebP, HEIC, AVIF, GIF and TIFF are.");
  if (file.size > limits.maxBytes) return gettext("This file has {size}; one photo may have {most}.", { size: humanSize(file.size), most: humanSize(limits.maxBytes) });
  const pixels = await lanes.run(() => pixelsOf(file), signal);
  if (pixels > limits.maxMegapixels * MILLION) {
    return gettext("This picture has {count} megapixels; one photo may have {most}.", { count: Math.round(pixels / MILLION), most: limits.maxMegapixels });
  }
  return "";
}

async function headOf(file) {
  try {
    return String.fromCharCode(...new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
  } catch {
    throw new Unreadable();
  }
}

function isAccepted(file, accept) {
  const isOf = (part) => part === typeOf(file) || part === "image/*" || (part.startsWith(".") && file.name.toLowerCase().endsWith(part));
  return accept.split(",").some((part) => isOf(part.trim().toLowerCase()));
}

/** How many pixels a picture has; 0 where this browser cannot open it. Nothing is painted, so nothing is unpacked. */
async function pixelsOf(file) {
  const image = new Image();
  const address = URL.createObjectURL(file);
  const isKnown = await new Promise((resolve) => {
    image.addEventListener("load", () => resolve(true));
    image.addEventListener("error", () => resolve(false));
    image.src = address;
  });
  URL.revokeObjectURL(address);
  return isKnown ? image.naturalWidth * image.naturalHeight : 0;
}
