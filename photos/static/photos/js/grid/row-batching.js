// A wall that has grown long: rows far above are put together in slabs, which cost nothing while they are out of sight. Only
// whole rows are taken, so nothing moves.

const LOOSE = 80; // newest tiles, which may still change their rows

function gather(grid) {
  const tiles = [...grid.querySelectorAll(":scope > .tile")];
  if (tiles.length < 2 * LOOSE) return;
  const next = tiles.at(-LOOSE).offsetTop;
  const rows = tiles.filter((tile) => tile.offsetTop < next);
  if (!rows.length || rows.includes(document.activeElement?.closest(".tile"))) return; // who is moved loses the focus
  const slab = Object.assign(document.createElement("div"), { className: "slab" });
  slab.style.setProperty("--tall", `${next - rows[0].offsetTop}px`);
  rows[0].before(slab);
  slab.append(...rows);
}

document.addEventListener("htmx:afterSettle", () => {
  for (const grid of document.querySelectorAll(".grid")) setTimeout(() => gather(grid));
});
