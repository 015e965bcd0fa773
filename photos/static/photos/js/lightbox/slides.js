// What the lightbox shows of a tile or card: the files that the page already names, in the format that this browser took.

let format = ""; // of the last picture that was loaded: all formats are offered for every photo

/** Where a photo's page is, with the guise in which it is looked at. */
export const addressOf = ({ pathname, search }) => pathname + search;

/** {url, words, alt, width, height, src, srcset, msrc} of the photo that `link` leads to. */
export function slideOf(link) {
  const image = link.querySelector("img");
  const srcset = srcsetOf(image);
  const sizes = srcset.split(", ").map((each) => each.split(" "));
  const [src, widest] = sizes.at(-1);
  const [ratio, width] = [image.getAttribute("height") / image.getAttribute("width"), parseInt(widest, 10) || image.width];
  return {
    url: addressOf(link), words: wordsOf(link) || image.alt, alt: image.alt,
    src, srcset, msrc: image.currentSrc || image.src, width, height: Math.round(width * ratio), thumbCropped: true,
  };
}

function srcsetOf(image) {
  const offered = [...image.parentElement.querySelectorAll("source"), image];
  const taken = image.currentSrc && offered.find(({ srcset }) => srcset.includes(image.currentSrc));
  if (taken) format = taken.type ?? "";
  return ((taken || offered.find(({ type }) => type === format)) ?? image).srcset || image.src;
}

/** A card says its author and caption beside it; a tile carries its caption. */
function wordsOf(link) {
  const card = link.closest(".card");
  if (!card) return link.parentElement.dataset.caption ?? "";
  return [card.querySelector(".caption")?.textContent.trim(), card.querySelector(".name")?.textContent].filter(Boolean).join(" — ");
}
