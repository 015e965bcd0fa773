// A recipe of edits as data: its untouched values, comparison, and how turning and mirroring change it.

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

/** Return all values of a recipe, from an object that leaves out untouched ones. */
export const complete = (object) => ({ ...UNTOUCHED, ...object });

/** Return what to store: only the values that differ from an untouched photo, rounded as the server rounds them. */
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
export const isRecoloring = ({ exposure, contrast, saturation, warmth, look }) =>
  Boolean(exposure || contrast || saturation || warmth || look);

/** Turn the visible photo by 90 degrees, clockwise (1) or anticlockwise (-1). Mirroring comes after turns, so it
 *  reverses them. */
export function turned(edits, way) {
  const [x, y, width, height] = edits.crop;
  return {
    ...edits,
    turns: (edits.turns + (edits.is_mirrored ? -way : way) + 4) % 4,
    crop: way > 0 ? [1 - y - height, x, height, width] : [y, 1 - x - width, height, width],
  };
}

/** Mirror the visible photo, left to right. */
export function mirrored(edits) {
  const [x, y, width, height] = edits.crop;
  return {
    ...edits,
    is_mirrored: !edits.is_mirrored,
    straighten_degrees: 0 - edits.straighten_degrees,
    crop: [1 - x - width, y, width, height],
  };
}
