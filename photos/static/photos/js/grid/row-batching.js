// Row batching for long grids: rows far above the end are wrapped in blocks (.slab) that the browser need not lay out
// while they are out of sight (content-visibility). Only whole rows are wrapped, so nothing moves.

const LOOSE = 80; // newest tiles, whose rows may still change

function wrapRows(grid) {
  const tiles = [...grid.querySelectorAll(":scope > .tile")];
  if (tiles.length < 2 * LOOSE) return;
  const next = tiles.at(-LOOSE).offsetTop;
  const rows = tiles.filter((tile) => tile.offsetTop < next);
  const focused = document.activeElement?.closest(".tile");
  if (!rows.length || rows.includes(focused)) return; // a moved element would lose the focus
  const slab = Object.assign(document.createElement("div"), { className: "slab" });
  slab.style.setProperty("--tall", `${next - rows[0].offsetTop}px`);
  rows[0].before(slab);
  slab.append(...rows);
}

document.addEventListener("htmx:afterSettle", () => {
  for (const grid of document.querySelectorAll(".grid")) setTimeout(() => wrapRows(grid));
});
