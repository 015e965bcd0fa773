"""WCAG 2.2 AA on every page, in both themes, at a desk and on a phone (axe-core, and what axe cannot see).

The pages are found in the addresses of the site: one that is new is looked at, or the test says that it
cannot be reached. In passing each is weighed: the budgets of JavaScript and CSS, and nothing from elsewhere.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from accounts.models import Erasure, Follow, User
from photos.library import album_places, albums, bulk, trash
from photos.models import Album, Comment, Download, Photo, Rendition, ShareLink, State
from photos.sharing import share_links
from photos.social import comments, digest, likes
from sharding.rows import ids
from tests.cast import NOTHING_YET, make_photo
from tests.front import bridge, weight
from tests.front.pages import Page, Tile
from tests.front.stub_site import Site
from tests.front.test_elements import grid
from tests.front.upload.uploading import choose, photos
from tests.photos.jobs.fanout import deliver

pytestmark = pytest.mark.usefixtures("in_a_loop")
on_all_databases = pytest.mark.django_db(databases="__all__")

AXE = (settings.NPM_ROOT / "axe-core" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async ([only]) => (await axe.run(document, { runOnly: only, resultTypes: ["violations"] })).violations
  .map(({ id, help, nodes }) => `${id}: ${help}: ` + nodes.map(({ target, failureSummary }) =>
    `${target} (${failureSummary.split("\\n").slice(1).join(" ").trim()})`).join("; "))"""
# 44 px is our promise for what looks like a button (AA asks for 24, and axe looks after that).
SMALL = """() => [...document.querySelectorAll("button, .button, summary, .top-link, [role=tab], input")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }))
  .filter((each) => !each.matches(".visually-hidden, .visually-hidden *, .comment-tools summary"))
  .map((each) => [each, (each.closest("label") ?? each).getBoundingClientRect()])
  .filter(([each, { width, height }]) => width > 1 && (height < 43.5 || width < 43.5) && each.type !== "range")
  .map(([{ outerHTML }, { width, height }]) => `${width} x ${height}: ${outerHTML.slice(0, 120)}`)"""
UNSEEN = """() => [...document.querySelectorAll("a[href], button, input, textarea, select, summary, [tabindex='0']")]
  .filter((each) => {
    each.focus();
    if (document.activeElement !== each) return false;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
    const label = each.closest("label") && getComputedStyle(each.closest("label"));
    const isDrawn = ({ outlineStyle, outlineWidth }) => outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    const isSeen = (style) => style && (style.outlineStyle === "auto" || isDrawn(style));
    return !isSeen({ outlineStyle, outlineWidth }) && !isSeen(label) && boxShadow === "none" && each.type !== "range";
  }).map(({ outerHTML }) => outerHTML.slice(0, 140))"""
# Whatever opens is opened, one after the other. A part that scrolls by itself may be wider than its window.
OVERFLOWING = """() => {
  const isHidden = (each) => each.matches(".visually-hidden, .visually-hidden *");
  const shown = (each) => each.checkVisibility({ visibilityProperty: true }) && !isHidden(each);
  const within = (inner, outer) => inner.left > outer.left - 1.5 && inner.right < outer.right + 1.5;
  const isClipped = (each) => getComputedStyle(each).clipPath !== "none";
  const isCut = (each, end) => each !== end && (isClipped(each) || isCut(each.parentElement, end));
  const about = (each) => each.outerHTML.replace(/\\s+/g, " ").slice(0, 110);
  const wide = () => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const isAcross = (each) => each.getBoundingClientRect().right > clientWidth + 1;
    const across = [...document.body.querySelectorAll("*")].filter(isAcross);
    return [`${scrollWidth} px wide: ${across.slice(-3).map(about).join(" and ")}`];
  };
  const all = (names) => [...document.querySelectorAll(names)].filter(shown);
  const cut = () => all("button, .button, summary, .top-link, .choices label, [role=tab]").filter((each) => {
    const texts = document.createTreeWalker(each, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      if (isCut(texts.currentNode.parentElement, each)) continue;
      const range = document.createRange();
      range.selectNodeContents(texts.currentNode);
      const box = each.getBoundingClientRect();
      const isOut = (rect) => !within(rect, box) || rect.top < box.top - 1.5 || rect.bottom > box.bottom + 1.5;
      if ([...range.getClientRects()].some((rect) => rect.width && isOut(rect))) return true;
    }
    return false;
  }).map((each) => `text cut: ${about(each)}`);
  const beyond = () => all("button, .button, summary, a, input, textarea, select").filter((each) => {
    let part = each.parentElement;
    while (part && getComputedStyle(part).overflowX === "visible") part = part.parentElement;
    const outer = part ? part.getBoundingClientRect() : { left: 0, right: document.documentElement.clientWidth };
    const { overflowX, textOverflow } = getComputedStyle(part ?? document.body);
    return !["auto", "scroll"].includes(part && overflowX) && textOverflow !== "ellipsis"
      && !each.matches(".skip, .crop *, .tile a, .frame") && !within(each.getBoundingClientRect(), outer);
  }).map((each) => `beyond its part: ${about(each)}`);
  const found = new Set([...wide(), ...cut(), ...beyond()]);
  for (const each of document.querySelectorAll("details, [popover]")) {
    if (each.open || (each.matches("details") && !shown(each))) continue;
    if (each.popover) each.showPopover();
    else each.open = true;
    for (const one of [...wide(), ...cut(), ...beyond()]) found.add(`${one} (open: ${about(each)})`);
    if (each.popover) each.hidePopover();
    else each.open = false;
  }
  return [...found];
}"""
# No tag, name or title can be longer than this one word.
LONG = {
    "en": "Rindfleischetikettierungsueberwachungsaufgabenuebertragungsg",
    "ko": "가나다라마바사아자차카타파하거" * 4,
}
WIDTHS = {"desk": (1280, 900), "phone": (390, 844)}
PARTS_OF_PAGES = {
    "photo-comments",
    "oembed",
    "shared-download",
    "upload-formats",
}  # asked for by scripts and machines, with more in the address
SEEN_EMPTY = (
    "home",
    "favourites",
    "notifications",
    "upload",
    "explore",
    "albums",
    "share",
    "trash",
    "organise",
)


@pytest.fixture
def photo(alice: User, bob: User) -> Photo:
    """A photo of alice's with all that can be around one; her others are on their way, failed, plain."""
    make_photo(alice, state=State.PROCESSING, **NOTHING_YET)
    make_photo(alice, state=State.FAILED, failure="This file is cut off.", **NOTHING_YET)
    make_photo(alice)
    shown = make_photo(alice, caption="Low tide in the #fog", tags=["fog"], facts={"camera": "Box"})
    Rendition.objects.in_bucket(ids.bucket_of(shown.pk)).create(
        photo=shown, name="1280", format="jpeg", width=1200, height=800, bytes=1, sha256="0" * 64,
        key="pub/x", stamp=shown.stamp,
    )  # fmt: skip
    Photo.objects.of(alice.pk).filter(pk=shown.pk).update(unedited_stamp=shown.stamp)
    theirs = make_photo(bob)
    likes.set_liked(shown, bob.pk, is_liked=True)
    likes.set_liked(theirs, alice.pk, is_liked=True)
    said = comments.write(shown, bob.pk, "Lovely, @alice")
    comments.write(shown, alice.pk, "Thank you", parent_id=said.pk)
    make_photo(alice)
    Follow.objects.create(follower=alice, followee=bob)
    deliver()
    return shown


@pytest.fixture
def album(alice: User, photo: Photo) -> Album:
    """An album of alice's with two photos, one of them its cover, and links to it; a photo is in her trash."""
    made = albums.create(alice.pk, title="The coast", description="From north to south")
    album_places.add(made, [photo.pk, make_photo(alice).pk])
    album_places.set_cover(made, photo.pk)
    share_links.create(photo, share_links.Terms(name="Granny", max_views=3, download=Download.CLEAN))
    share_links.revoke(alice.pk, share_links.create(made, share_links.Terms(password="Fjord")).pk)
    trash.put(alice.pk, [make_photo(alice).pk])
    return made


def path_of(target: Album | Photo, **terms: Any) -> str:
    """Return the address of a new share link, without the host."""
    return urlsplit(share_links.url(share_links.create(target, share_links.Terms(**terms)))).path


@pytest.fixture
def arguments(alice: User, bob: User, photo: Photo, album: Album, s3: object) -> dict[str, str]:
    """What stands in addresses: by the name of the part, or of the address and the part."""
    email = EmailAddress.objects.create(user=alice, email=alice.email, primary=True)
    erasure = Erasure.objects.create(reference="abc", user_id=10**9, requested_at=timezone.now())
    said = Comment.objects.in_bucket(ids.bucket_of(photo.pk)).get(author_id=bob.pk)
    token = path_of(album, download=Download.CLEAN).split("/")[2]
    return {
        "pid": photo.pid,
        "album pid": album.pid,
        "album-arrange pid": album.pid,
        "album-bundle pid": album.pid,
        "token": token,
        "photo-report pid": make_photo(bob).pid,
        "photo-comment-report comment_id": str(said.pk),
        "person-report username": "bob",
        "username": "alice",
        "tag": "fog",
        "comment_id": "1",
        "reference": erasure.reference,
        "digest-stop token": digest.token(alice.pk),
        "account_confirm_email key": EmailConfirmationHMAC(email).key,
        "uidb36": user_pk_to_url_str(alice),
        "account_reset_password_from_key key": default_token_generator.make_token(alice),
    }


@pytest.fixture
def members(alice: User, carol: User) -> dict[str, Client]:
    """Who looks: alice, who has everything; carol, who has nothing; a stranger."""
    found = {name: Client() for name in ("alice", "carol", "stranger")}
    found["alice"].force_login(alice)
    found["carol"].force_login(carol)
    return found


def pages(client: Client, arguments: dict[str, str], *, is_all: bool) -> set[str]:
    """Return where `client` gets a page, by every address of the site. With `is_all` no address may be missing."""
    found = set()
    for name, parts in bridge.addresses():
        if name in PARTS_OF_PAGES:
            continue
        path = reverse(
            name, kwargs={part: arguments.get(f"{name} {part}") or arguments[part] for part in parts}
        )
        said = client.get(path, follow=True)
        if said.status_code == 200 and b"<html" in said.content:
            found.add(said.redirect_chain[-1][0] if said.redirect_chain else path)
        assert not is_all or said.status_code in {200, 405}, (
            f"{name}: say how {path} is reached: {said.status_code}"
        )
    return found


def complaints(tab: Tab) -> list[str]:
    """Return what is wrong with the page that is open."""
    tab.evaluate(AXE)
    found: list[str] = []
    for place, (width, height) in WIDTHS.items():
        tab.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
            # Nothing but colours depends on the theme.
            only: list[Any] = RULES if theme == "light" else ["color-contrast"]
            found += [f"{place}, {theme}: {each}" for each in tab.evaluate(RUN, [only])]
        found += [f"{place}: under 44 px: {each}" for each in tab.evaluate(SMALL)]
    tab.set_viewport_size({"width": 320, "height": 640})  # 1280 px at 400 %
    if tab.evaluate("document.documentElement.scrollWidth") > 320:
        found.append("scrolls sideways at 320 px")
    tab.keyboard.press("Tab")
    return found + [f"focus not to be seen: {each}" for each in tab.evaluate(UNSEEN)]


def looked_at(chromium: Browser, client: Client, paths: Iterable[str]) -> str:
    """Return what is wrong at these addresses, a line each."""
    tab = bridge.open_tab(chromium, client)
    scales = weight.Scales(tab)
    found: list[str] = []
    try:
        for path in sorted(paths):
            tab.goto(path)
            found += [f"{path} {each}" for each in [*scales.complaints(), *complaints(tab)]]
    finally:
        tab.context.close()
    return "\n".join(found)


@on_all_databases
def test_a_member_with_photos_can_use_every_page(
    chromium: Browser, members: dict[str, Client], arguments: dict[str, str]
) -> None:
    paths = pages(members["alice"], arguments, is_all=True)
    assert len(paths) > 20
    assert not (wrong := looked_at(chromium, members["alice"], paths)), wrong


@on_all_databases
def test_a_stranger_can_use_every_page(
    chromium: Browser, members: dict[str, Client], arguments: dict[str, str]
) -> None:
    paths = {path for path in pages(members["stranger"], arguments, is_all=False) if "?next=" not in path}
    assert len(paths) > 10
    assert not (wrong := looked_at(chromium, members["stranger"], paths)), wrong


@on_all_databases
def test_what_is_shared_and_organised_can_be_used(
    chromium: Browser, members: dict[str, Client], alice: User, album: Album
) -> None:
    act = bulk.set_caption(
        alice.pk, album_places.places(album).values_list("photo_id", flat=True), "By the sea"
    )
    mine = (f"/organise/?album={album.pid}&done={act.pid}", f"/share/?album={album.pid}")
    assert not (wrong := looked_at(chromium, members["alice"], mine)), wrong
    door, over = path_of(album, password="Fjord", max_views=3), path_of(album)
    share_links.revoke(alice.pk, ShareLink.objects.of(alice.pk).latest("pk").pk)
    assert not (wrong := looked_at(chromium, members["stranger"], [door, over])), wrong


@on_all_databases
def test_whoever_has_nothing_yet_can_use_the_pages_that_say_so(
    chromium: Browser, members: dict[str, Client]
) -> None:
    paths = [*map(reverse, SEEN_EMPTY), "/@carol/", "/@carol/albums/", "/search/?q=nothing", "/tags/nothing/"]
    assert not (wrong := looked_at(chromium, members["carol"], paths)), wrong


@on_all_databases
@pytest.mark.parametrize("language", sorted(LONG))
def test_long_words_in_every_language_fit_into_narrow_and_wide_windows(
    chromium: Browser, members: dict[str, Client], arguments: dict[str, str], album: Album, language: str
) -> None:
    word = LONG[language]
    User.objects.filter(username__in=["alice", "bob"]).update(name=word, bio=word)
    Album.objects.of(album.owner_id).update(title=word, description=word)
    Photo.objects.of(album.owner_id).update(caption=f"{word} #{word[:50]}", tags=[word[:50]])
    Comment.objects.in_bucket(ids.bucket_of(album.cover_id or 0)).update(body=word)
    act = bulk.add_tags(
        album.owner_id, album_places.places(album).values_list("photo_id", flat=True), word[:49]
    )
    arguments |= {"tag": word[:50]}
    wrong: list[str] = []
    seen: set[str] = set()
    for name in ("alice", "stranger"):
        members[name].cookies[settings.LANGUAGE_COOKIE_NAME] = language
        paths = {path for path in pages(members[name], arguments, is_all=False) if "?next=" not in path}
        paths = paths | {"/@bob/", f"/organise/?done={act.pid}"} if name == "alice" else paths - seen | {"/"}
        seen |= paths
        tab = bridge.open_tab(chromium, members[name])
        tab.emulate_media(reduced_motion="reduce")
        for path in sorted(paths):
            tab.goto(path)
            assert tab.locator(f"html[lang={language}]").count() == 1, path
            for width in (320, 1280):
                tab.set_viewport_size({"width": width, "height": 700})
                wrong += [f"{name} {path} {width}: {each}" for each in tab.evaluate(OVERFLOWING)]
        tab.context.close()
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def stub(chromium: Browser, site: Site) -> Iterator[Tab]:
    """A tab at the stub site; axe's own styles offend our policy, so that is not listened for here."""
    tab = chromium.new_page(base_url=site.url)
    yield tab
    tab.close()


def test_pages_of_trouble_can_be_used(stub: Tab, site: Site) -> None:
    for code in (400, 403, 404, 500, 503):
        site.pages[f"/{code}/"] = Page(f"{code}.html")
        stub.goto(f"/{code}/")
        assert complaints(stub) == [], code


def test_photos_on_their_way_up_can_be_used(stub: Tab, site: Site) -> None:
    site.hold.clear()
    stub.goto("/upload/")
    choose(stub, photos(5))
    expect(stub.locator(".upload[data-step=queued]")).to_have_count(2)
    assert complaints(stub) == []


def test_the_lightbox_can_be_used(stub: Tab, site: Site) -> None:
    site.pages["/@alice/"] = grid(Tile(pid="p1", caption="Low tide"), Tile(pid="p2", url="/p/p2/"))
    stub.emulate_media(reduced_motion="reduce")
    stub.goto("/@alice/")
    stub.locator("[data-photo=p1] a").click()
    expect(stub.get_by_role("dialog")).to_be_visible()
    assert complaints(stub) == []
