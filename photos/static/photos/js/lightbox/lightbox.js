// The lightbox: photos of a page, large, one after the other (PhotoSwipe). It opens from a tile or a card, shows the
// photo's own address, and Back closes it. A tile stays a link to that address: without scripts, and for another tab.
import { addressOf, slideOf } from "tessera/lightbox/slides";
import { addControls } from "tessera/lightbox/controls";
import { gettext } from "tessera/lib/i18n";

const LISTS = ".grid, .feed";
const LINKS = ".grid .tile > a, .feed .card > .frame";
const NEAR_THE_END = 4;
const AROUND = [1, 3]; // neighbours to load: one before, three after

const stylesheet = document.querySelector("link[data-part=lightbox]");
const isOurs = (state) => Boolean(state?.lightbox);
let open = null;
let isOpening = false; // on a slow line a reader may tap twice

function warm() {
  stylesheet.media = "all";
  return import("photoswipe");
}

// A photo that failed has a link and no picture: it is no slide, and its link leads to its page as any other.
const hasPicture = (link) => Boolean(link?.querySelector("img"));
const linksIn = (list) => [...list.querySelectorAll(LINKS)].filter(hasPicture);
const linkTo = (url) => linksIn(document).find((link) => addressOf(link) === url);
const hide = (isHidden) => {
  for (const part of document.querySelectorAll(".top, main, .foot, .skip")) part.inert = isHidden;
};

function show(PhotoSwipe, link, { isNew = true } = {}) {
  const list = link.closest(LISTS);
  const slides = linksIn(list).map(slideOf);
  const index = slides.findIndex(({ url }) => url === addressOf(link));
  const gallery = new PhotoSwipe({
    dataSource: slides, index, preload: AROUND, loop: false, counter: false, returnFocus: false, bgOpacity: 1,
    mainClass: "lightbox", showHideAnimationType: "zoom", padding: { top: 60, bottom: 72, left: 0, right: 0 },
    arrowPrevTitle: gettext("Previous photo"), arrowNextTitle: gettext("Next photo"),
    closeTitle: gettext("Close"), zoomTitle: gettext("Zoom"),
    errorMsg: gettext("This photo could not be loaded."),
  });
  open = { gallery, title: document.title, link, list };
  gallery.addFilter("thumbEl", (_, { url }) => linkTo(url)?.querySelector("img"));
  gallery.on("uiRegister", () => addControls(gallery));
  gallery.on("change", () => turnTo(gallery));
  gallery.on("close", () => isOurs(history.state) && history.back());
  gallery.on("destroy", () => leave());
  if (isNew) history.pushState({ lightbox: true }, "", slides[index].url);
  gallery.init();
  gallery.element.ariaModal = "true";
  gallery.element.ariaLabel = gettext("Photos, large");
  hide(true);
}

function turnTo(gallery) {
  const { data } = gallery.currSlide;
  open.link = linkTo(data.url) ?? open.link;
  document.title = `${data.words} · Tessera`;
  if (isOurs(history.state)) history.replaceState(history.state, "", data.url);
  if (gallery.currIndex >= gallery.getNumItems() - NEAR_THE_END) {
    open.list.querySelector("more-photos")?.follow();
  }
}

/** Add the photos of a page of the list that htmx has loaded meanwhile. */
function append() {
  const slides = open?.gallery.options.dataSource;
  if (!slides) return;
  const known = new Set(slides.map(({ url }) => url));
  slides.push(...linksIn(open.list).map(slideOf).filter(({ url }) => !known.has(url)));
  open.gallery.refreshSlideContent(open.gallery.currIndex + 1);
}

/** Close; PhotoSwipe ignores that while it opens, so wait for the end of its animation. */
function close(gallery) {
  if (gallery.opener.isOpen) gallery.close();
  else gallery.on("openingAnimationEnd", () => gallery.close());
}

function leave() {
  if (!open) return;
  const { link, title } = open;
  open = null;
  hide(false);
  document.title = title;
  link.scrollIntoView({ block: "nearest", behavior: "instant" });
  link.focus({ preventScroll: true });
}

/** Open the photo of `link`, or its page: without the library (a lost connection), or after an error of ours. */
function showOrFollow(link, how) {
  if (open || isOpening) return;
  isOpening = true;
  const follow = () => location.assign(link.href);
  const report = (error) => (reportError(error), follow());
  const begin = ({ default: PhotoSwipe }) => show(PhotoSwipe, link, how);
  warm().then(begin, follow).catch(report).finally(() => { isOpening = false; });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(LINKS);
  const isModified = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
  if (!hasPicture(link) || event.defaultPrevented || event.button || isModified) return;
  event.preventDefault();
  showOrFollow(link);
});
// The library is loaded ahead: if that fails, the click tries again.
const warmAt = ({ target }) => hasPicture(target.closest?.(LINKS)) && warm().catch(() => {});
for (const type of ["pointerover", "focusin"]) document.addEventListener(type, warmAt, { passive: true });
document.addEventListener("htmx:afterSwap", append);
window.addEventListener("popstate", ({ state }) => {
  if (open) return close(open.gallery);
  if (!isOurs(state)) return;
  const link = linkTo(addressOf(location)); // the Forward button
  if (link) showOrFollow(link, { isNew: false });
  else location.reload();
});
