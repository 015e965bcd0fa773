// Slides of the lightbox, made of tiles and cards: the files that the page names, in the format that this browser
// chose.
import { wantsMotion } from "tessera/lib/motion";

let format = ""; // of the last picture that was loaded; every photo has all formats

/** Return the address of a photo's page, with its `?as=` if there is one. */
export const addressOf = ({ pathname, search }) => pathname + search;

/** Return {url, words, alt, width, height, src, srcset, msrc} of the photo that `link` leads to, as PhotoSwipe wants
 *  it. The link has a picture. */
export function slideOf(link) {
  const image = link.querySelector("img");
  const srcset = srcsetOf(image);
  const sizes = srcset.split(", ").map((each) => each.split(" "));
  const [src, widest] = sizes.at(-1);
  const ratio = image.getAttribute("height") / image.getAttribute("width");
  const width = parseInt(widest, 10) || image.width;
  return {
    url: addressOf(link), words: wordsOf(link) || image.alt, alt: image.alt,
    src, srcset, msrc: image.currentSrc || image.src,
    width, height: Math.round(width * ratio), thumbCropped: true, ...motionOf(link, { src, srcset }),
  };
}

/** Return the files of a photo that moves, as it is shown at first, and both `moving` and `still`; else nothing. */
function motionOf(link, still) {
  const { motion } = link.dataset;
  if (!motion) return {};
  const moving = { src: motion, srcset: "" };
  return { ...(wantsMotion() ? moving : still), isPlaying: wantsMotion(), moving, still };
}

function srcsetOf(image) {
  const offered = [...image.parentElement.querySelectorAll("source"), image];
  const chosen = image.currentSrc && offered.find(({ srcset }) => srcset.includes(image.currentSrc));
  if (chosen) format = chosen.type ?? "";
  return ((chosen || offered.find(({ type }) => type === format)) ?? image).srcset || image.src;
}

/** Return caption and author of a card, or the caption of a tile. */
function wordsOf(link) {
  const card = link.closest(".card");
  if (!card) return link.parentElement.dataset.caption ?? "";
  const caption = card.querySelector(".caption")?.textContent.trim();
  return [caption, card.querySelector(".name")?.textContent].filter(Boolean).join(" — ");
}
