// Kinds of files, recognised by name or by their first bytes. The table of photos/imaging/format_table.py, which the
// site serves as JSON, says which there are, and gives advice for each that is no photo.
export const HEAD_BYTES = 512;

let table = null; // once it has been loaded
let loading = null;

/** Resolve once the table is loaded, or cannot be: then the site alone judges, and the next call tries again. */
export function loadKinds(url) {
  loading ??= fetch(url).then((response) => response.json()).then(compile, () => {}).finally(() => {
    if (!table) loading = null;
  });
  return loading;
}

function compile({ taken, refused, ...sentences }) {
  const compiled = (kind) => ({
    ...kind, pattern: kind.signature && new RegExp(`^(?:${kind.signature})`, kind.flags ?? "s"),
  });
  table = { taken: taken.map(compiled), refused: refused.map(compiled), ...sentences };
}

/** Return the file's media type; by its name where the system does not know it as a picture (HEIC on most desktops). */
export function typeOf({ name, type }) {
  if (type.startsWith("image/")) return type;
  return table?.taken.find(isNamed(name))?.type ?? (type || "application/octet-stream");
}

/** Return why a file is no photo; "" when it is one. `head`: its first HEAD_BYTES, as text in latin-1. */
export function otherThanPhoto({ name, type }, head) {
  if (!table) return "";
  const { taken, refused, unknown } = table;
  const brands = brandsOf(head);
  const isBranded = (kind) => kind.brands.some((brand) => brands.includes(brand));
  const isOf = (kind) => kind.pattern && kind.pattern.test(head);
  const other = refused.find(isNamed(name)) ?? refused.find(isBranded);
  if (other) return other.sentence;
  if (taken.some((kind) => isBranded(kind) || isOf(kind))) return "";
  const kind = refused.find(isOf) ?? refused.find(({ media }) => media && type.startsWith(media));
  return kind?.sentence ?? (head ? unknown : "");
}

/** Return why a file of a type that is not accepted is refused. */
export const unsupported = () => table?.unsupported ?? "";

function isNamed(name) {
  const ending = name.includes(".") ? name.split(".").pop().toLowerCase() : "";
  return ({ endings }) => endings.includes(ending);
}

/** Return the brands in the first box of an ISO media file, as photos/imaging/formats.py does. */
function brandsOf(head) {
  if (head.slice(4, 8) !== "ftyp") return [];
  const size = [...head.slice(0, 4)].reduce((sum, letter) => sum * 256 + letter.charCodeAt(0), 0);
  const box = head.slice(16, Math.min(size, 256));
  return [head.slice(8, 12), ...(box.match(/.{4}/gs) ?? [])];
}
