// Which check box an arrow key leads to, in a grid whose rows have no common columns.

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };
const ROW_WEIGHT = 100; // a nearer row always wins over a nearer column

/** Return the neighbour of `box` among `boxes` in the direction of `key`; undefined at an edge and for other keys. */
export function neighbour(boxes, box, key) {
  if (!(key in STEPS)) return undefined;
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const isBackwards = getComputedStyle(box).direction === "rtl";
    return boxes[boxes.indexOf(box) + STEPS[key] * (isBackwards ? -1 : 1)];
  }
  const middle = ({ left, width }) => left + width / 2;
  const start = box.parentElement.getBoundingClientRect();
  const placed = boxes.map((each) => ({ each, is: each.parentElement.getBoundingClientRect() }));
  const distance = ({ is }) => Math.abs(is.top - start.top) * ROW_WEIGHT + Math.abs(middle(is) - middle(start));
  const beyond = placed.filter(({ is }) => (is.top - start.top) * STEPS[key] > 1);
  return beyond.sort((one, other) => distance(one) - distance(other))[0]?.each;
}
