// A recipe of edits as data: what an untouched photo has, what differs from it, and how turning changes the rest.

export const WHOLE = [0, 0, 1, 1];
export const UNTOUCHED = Object.freeze({
  turns: 0,
  is_mirrored: false,
  straighten_degrees: 0,
  crop: WHOLE,
  exposure: 0,
  contrast: 0,
  saturation: 0,
  warmth: 0,
  sharpen: 0,
  look: "",
});

const rounded = (value, decimals) => Math.round(value * 10 ** decimals) / 10 ** decimals;

/** All values of a recipe, from an object that leaves out what is untouched. */
export const complete = (object) => ({ ...UNTOUCHED, ...object });

/** What to store: only what differs from an untouched photo, rounded as the server rounds. */
export function essential(edits) {
  const kept = {};
  for (const [name, before] of Object.entries(UNTOUCHED)) {
    let value = edits[name];
    if (name === "crop") value = value.map((part) => rounded(part, 5));
    else if (typeof value === "number") value = rounded(value, 3);
    if (`${value}` !== `${before}`) kept[name] = value;
  }
  return kept;
}

export const isSame = (one, other) => JSON.stringify(essential(one)) === JSON.stringify(essential(other));
export const isRecoloring = ({ exposure, contrast, saturation, warmth, look }) => Boolean(exposure || contrast || saturation || warmth || look);

/** Turn what is seen by a quarter: clockwise (1) or anticlockwise (-1). The mirror comes after the turns, so it reverses them. */
export function turned(edits, way) {
  const [x, y, width, height] = edits.crop;
  return {
    ...edits,
    turns: (edits.turns + (edits.is_mirrored ? -way : way) + 4) % 4,
    crop: way > 0 ? [1 - y - height, x, height, width] : [y, 1 - x - width, height, width],
  };
}

/** Mirror what is seen, left to right. */
export function mirrored(edits) {
  const [x, y, width, height] = edits.crop;
  return { ...edits, is_mirrored: !edits.is_mirrored, straighten_degrees: 0 - edits.straighten_degrees, crop: [1 - x - width, y, width, height] };
}
