// Which tick an arrow key leads to, in a grid whose rows have no equal columns.

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };
const ROW_WEIGHT = 100; // a nearer row is nearer than any place in it

/** The neighbour of `box` among `boxes` in the direction of `key`; undefined at an edge, and for any other key. */
export function neighbour(boxes, box, key) {
  if (!(key in STEPS)) return undefined;
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const isBackwards = getComputedStyle(box).direction === "rtl";
    return boxes[boxes.indexOf(box) + STEPS[key] * (isBackwards ? -1 : 1)];
  }
  const middle = ({ left, width }) => left + width / 2;
  const here = box.parentElement.getBoundingClientRect();
  const placed = boxes.map((each) => ({ each, is: each.parentElement.getBoundingClientRect() }));
  const away = ({ is }) => Math.abs(is.top - here.top) * ROW_WEIGHT + Math.abs(middle(is) - middle(here));
  const beyond = placed.filter(({ is }) => (is.top - here.top) * STEPS[key] > 1);
  return beyond.sort((one, other) => away(one) - away(other))[0]?.each;
}
