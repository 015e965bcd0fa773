// Geometry of edits: where each pixel of the edited photo comes from (the same formulae as the server), and crops
// within bounds. Sizes are [width, height].

const LEAST = 0.05;
const clamp = (value, least, most) => Math.max(least, Math.min(value, most));

/** Return the size of the turned and straightened frame: the largest of the photo's proportions without empty
 *  corners. */
export function frameOf(size, { turns, straighten_degrees }) {
  const [width, height] = turns % 2 ? [size[1], size[0]] : size;
  const angle = (Math.abs(straighten_degrees) * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const share = Math.min(width / (width * cos + height * sin), height / (width * sin + height * cos));
  return [width * share, height * share];
}

/** Return the size of the edited photo. */
export function sizeAfter(size, edits) {
  const frame = frameOf(size, edits);
  return [0, 1].map((i) => Math.max(1, Math.round(frame[i] * edits.crop[2 + i])));
}

/** Return the matrix [a, b, c, d, e, f] from a place (u, v) in the result (0..1) to pixels of the picture:
 *  x = a·u + c·v + e, y = b·u + d·v + f. */
export function toSource(size, edits) {
  const { turns, is_mirrored, straighten_degrees, crop } = edits;
  const frame = frameOf(size, edits);
  const angle = (straighten_degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  let rows = [is_mirrored ? [-cos, -sin] : [cos, sin], [-sin, cos]];
  for (let turn = 0; turn < turns; turn++) rows = [rows[1], rows[0].map((each) => -each)];
  const [across, down] = [frame[0] * crop[2], frame[1] * crop[3]];
  const start = [(crop[0] - 0.5) * frame[0], (crop[1] - 0.5) * frame[1]];
  const [e, f] = rows.map(([x, y], i) => x * start[0] + y * start[1] + size[i] / 2);
  return [rows[0][0] * across, rows[1][0] * across, rows[0][1] * down, rows[1][1] * down, e, f];
}

/** Return the largest crop of a ratio (width to height, both in shares of the frame) around the middle of `crop`. */
export function withRatio([x, y, width, height], ratio) {
  const wide = Math.min(1, ratio);
  const high = wide / ratio;
  return [clamp(x + width / 2 - wide / 2, 0, 1 - wide), clamp(y + height / 2 - high / 2, 0, 1 - high), wide, high];
}

/** Return `crop` after its `edge` ("n", "se", … or "move") was dragged; with a ratio the opposite side or corner
 *  stays. */
export function dragged([x, y, width, height], edge, dx, dy, ratio = 0) {
  if (edge === "move") return [clamp(x + dx, 0, 1 - width), clamp(y + dy, 0, 1 - height), width, height];
  const [isWest, isEast, isNorth, isSouth] = [..."wens"].map((side) => edge.includes(side));
  const left = isWest ? clamp(x + dx, 0, x + width - LEAST) : x;
  const right = isEast ? clamp(x + width + dx, x + LEAST, 1) : x + width;
  const top = isNorth ? clamp(y + dy, 0, y + height - LEAST) : y;
  const bottom = isSouth ? clamp(y + height + dy, y + LEAST, 1) : y + height;
  if (!ratio) return [left, top, right - left, bottom - top];
  const isByWidth = isWest || isEast ? !(isNorth || isSouth) || Math.abs(dx) >= Math.abs(dy) * ratio : false;
  const roomAround = (middle) => 2 * Math.min(middle, 1 - middle);
  const room = (start, length, isBefore, isAfter) => {
    if (isBefore) return start + length;
    return isAfter ? 1 - start : roomAround(start + length / 2);
  };
  const most = Math.min(room(x, width, isWest, isEast), room(y, height, isNorth, isSouth) * ratio);
  const wide = Math.min(most, Math.max(isByWidth ? right - left : (bottom - top) * ratio, LEAST, LEAST * ratio));
  const high = wide / ratio;
  const place = (start, length, now, isBefore, isAfter) => {
    if (isBefore) return start + length - now;
    return isAfter ? start : start + (length - now) / 2;
  };
  return [place(x, width, wide, isWest, isEast), place(y, height, high, isNorth, isSouth), wide, high];
}
