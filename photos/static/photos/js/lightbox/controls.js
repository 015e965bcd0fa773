// What stands around a photo in the lightbox: its caption, the link to its page, the button of one that moves.
import { gettext } from "tessera/lib/i18n";

/** Add the caption below a photo, the link to its page, and the button that stops and starts one that moves. */
export function addControls({ ui }) {
  const words = (element, { currSlide: { data } }) => { element.textContent = data.words; };
  const address = (element, { currSlide: { data } }) => { element.href = data.url; };
  const keep = (set) => (element, gallery) => gallery.on("change", () => set(element, gallery));
  ui.registerElement({ name: "words", order: 9, appendTo: "root", onInit: (element, gallery) => {
    element.setAttribute("aria-live", "polite");
    keep(words)(element, gallery);
  } });
  ui.registerElement({
    name: "motion", order: 10, tagName: "button", isButton: false, appendTo: "root",
    onInit: keep((element, { currSlide: { data } }) => {
      element.hidden = !data.moving;
      element.textContent = data.isPlaying ? gettext("Pause") : gettext("Play");
    }),
    onClick: (event, element, gallery) => turnMotion(gallery),
  });
  ui.registerElement({
    name: "page", order: 8, tagName: "a", isButton: false, appendTo: "bar",
    html: gettext("Photo and comments"), onInit: keep(address),
  });
}

/** Show the moving file of the current photo, or the still one again. */
function turnMotion(gallery) {
  const { data } = gallery.currSlide;
  Object.assign(data, data.isPlaying ? data.still : data.moving, { isPlaying: !data.isPlaying });
  gallery.refreshSlideContent(gallery.currIndex);
}
