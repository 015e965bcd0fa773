// Colour arithmetic of the editor, on sRGB values from 0 to 1: the same formulae as the server has.

export const GRID = 33;
const LUMA = [0.2126, 0.7152, 0.0722];
const SHOULDER = 1.5;
const WARMTH_STOPS = [0.38, 0.02, -0.54];
const BOOST = 0.95;
const RESTRAINT = 0.6;

const luma = (red, green, blue) => LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue;
const clip = (value) => Math.max(0, Math.min(value, 1));
const contrasted = (value, amount) => value + amount * value * (1 - value) * (2 * value - 1);

function exposed(value, stops) {
  const light = (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4) ** SHOULDER;
  const gain = 2 ** (stops * SHOULDER);
  const lit = ((gain * light) / (1 + (gain - 1) * light)) ** (1 / SHOULDER);
  return lit <= 0.0031308 ? lit * 12.92 : 1.055 * lit ** (1 / 2.4) - 0.055;
}

/** Return the colour table of a recipe: GRID³ colours, red running fastest, as graphics cards read it. `look`: its
 *  numbers, or undefined. */
export function tableOf(edits, look, into = new Float32Array(GRID ** 3 * 3)) {
  const curves = WARMTH_STOPS.map((stops) => {
    const exposure = edits.exposure + edits.warmth * stops;
    const toneAt = (_, step) => contrasted(exposed(step / (GRID - 1), exposure), edits.contrast);
    return Array.from({ length: GRID }, toneAt);
  });
  let place = 0;
  for (const blue of curves[2]) {
    for (const green of curves[1]) {
      for (const red of curves[0]) {
        into[place] = red;
        into[place + 1] = green;
        into[place + 2] = blue;
        if (edits.saturation) saturate(into, place, edits.saturation);
        if (look) develop(into, place, look);
        place += 3;
      }
    }
  }
  return into;
}

function saturate(colors, at, amount) {
  const [red, green, blue] = [colors[at], colors[at + 1], colors[at + 2]];
  const grey = luma(red, green, blue);
  const chroma = Math.max(red, green, blue) - Math.min(red, green, blue);
  const factor = 1 + (amount > 0 ? amount * (BOOST - RESTRAINT * chroma) : amount);
  for (let i = at; i < at + 3; i++) colors[i] = grey + factor * (colors[i] - grey);
}

function develop(colors, at, { mix, middle, contrast, shadows, highlights }) {
  const [red, green, blue] = [clip(colors[at]), clip(colors[at + 1]), clip(colors[at + 2])];
  for (let i = 0; i < 3; i++) {
    const value = clip(mix[i][0] * red + mix[i][1] * green + mix[i][2] * blue);
    colors[at + i] = contrasted(value + middle * value * (1 - value), contrast);
  }
  const light = luma(colors[at], colors[at + 1], colors[at + 2]);
  for (let i = 0; i < 3; i++) colors[at + i] += shadows[i] * (1 - light) ** 2 + highlights[i] * light ** 2;
}

/** Map the pixels of an ImageData through a colour table, with trilinear interpolation. */
export function recolor({ data }, table) {
  const scale = (GRID - 1) / 255;
  const [ACROSS, DOWN, DEEP] = [3, 3 * GRID, 3 * GRID * GRID];
  for (let i = 0; i < data.length; i += 4) {
    const [red, green, blue] = [data[i] * scale, data[i + 1] * scale, data[i + 2] * scale];
    const [r, g, b] = [Math.min(red | 0, GRID - 2), Math.min(green | 0, GRID - 2), Math.min(blue | 0, GRID - 2)];
    const [x, y, z] = [red - r, green - g, blue - b];
    const at = r * ACROSS + g * DOWN + b * DEEP;
    for (let c = 0; c < 3; c++) {
      const p = at + c;
      const row = (q) => table[q] + x * (table[q + ACROSS] - table[q]);
      const near = row(p) + y * (row(p + DOWN) - row(p));
      const far = row(p + DEEP) + y * (row(p + DEEP + DOWN) - row(p + DEEP));
      data[i + c] = (near + z * (far - near)) * 255;
    }
  }
}

/** Sharpen an ImageData as the server does: subtract `amount` of each of the eight neighbours. */
export function sharpen(image, amount) {
  const { data, width, height } = image;
  const before = new Uint8ClampedArray(data);
  const row = width * 4;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 4; i < (y + 1) * row - 4; i++) {
      if (i % 4 === 3) continue;
      const sides = before[i - row] + before[i - 4] + before[i + 4] + before[i + row];
      const corners = before[i - row - 4] + before[i - row + 4] + before[i + row - 4] + before[i + row + 4];
      const around = sides + corners;
      data[i] = before[i] + amount * (8 * before[i] - around);
    }
  }
}
