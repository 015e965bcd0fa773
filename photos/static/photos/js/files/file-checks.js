// Checks of a file before it is uploaded: its format, its size, its number of pixels.
import { humanSize } from "tessera/files/files";
import { Unreadable } from "tessera/files/hashing";
import { HEAD_BYTES, loadKinds, otherThanPhoto, typeOf, unsupported } from "tessera/files/file-kinds";
import { Lanes } from "tessera/lib/concurrency";
import { gettext } from "tessera/lib/i18n";

const MILLION = 1e6;
const lanes = new Lanes(1); // opening many large pictures at once would exhaust the memory

/** Resolve to why this file cannot be uploaded, as a sentence; "" when it can, as far as a browser can tell.
 *  `limits`: {formatsUrl, accept, maxBytes, maxMegapixels}. Rejects with Unreadable. */
export async function objection(file, limits, signal) {
  const [head] = await Promise.all([headOf(file), loadKinds(limits.formatsUrl)]);
  const other = otherThanPhoto(file, head);
  if (other) return other;
  if (file.size === 0) return gettext("This file is empty. It may not have been copied completely.");
  if (!isAccepted(file, limits.accept)) return unsupported();
  if (file.size > limits.maxBytes) {
    const sizes = { size: humanSize(file.size), most: humanSize(limits.maxBytes) };
    return gettext("This file has {size}; a photo can have up to {most}.", sizes);
  }
  const pixels = await lanes.run(() => pixelsOf(file), signal);
  if (pixels > limits.maxMegapixels * MILLION) {
    const numbers = { count: Math.round(pixels / MILLION), most: limits.maxMegapixels };
    return gettext("This photo has {count} megapixels; a photo can have up to {most}.", numbers);
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
  const [type, name] = [typeOf(file), file.name.toLowerCase()];
  const isOf = (part) => part === type || part === "image/*" || (part.startsWith(".") && name.endsWith(part));
  return accept.split(",").some((part) => isOf(part.trim().toLowerCase()));
}

/** Resolve to the number of pixels of a picture; 0 where this browser cannot open it. It is not painted, so not
 *  decoded. */
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
