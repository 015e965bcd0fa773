"""Links and buttons of one page that do different things have different names, in both languages."""

from collections import defaultdict
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from photos.library import album_places, albums, trash
from photos.models import Download, Photo
from photos.sharing import share_links
from photos.social import comments, likes
from tests.cast import make_photo, signed_in
from tests.photos.jobs.fanout import deliver

pytestmark = pytest.mark.django_db(databases="__all__")

# What sends a form that an opened summary or the words beside it have named.
WITHIN_A_FORM = {"comment-form", "form", "field"}


class Names(HTMLParser):
    """The names of the links, buttons and summaries in the main part of a page, and what each leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, set[str]] = defaultdict(set)
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self._forms: list[dict[str, str]] = []
        self._is_main, self._count = False, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._is_main |= tag == "main"
        if tag == "form":
            self._forms.append(values)
        if tag in {"a", "button", "summary"}:
            self._open.append((tag, values, []))
        elif self._open and tag == "img":
            self._open[-1][2].append(values.get("alt", ""))

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1][2].append(data)

    def handle_endtag(self, tag: str) -> None:
        self._is_main &= tag != "main"
        if tag == "form":
            self._forms.pop()
        if not self._open or self._open[-1][0] != tag:
            return
        _tag, values, words = self._open.pop()
        name = values.get("aria-label") or " ".join("".join(words).split())
        form = self._forms[-1] if self._forms else {}
        is_sending = tag == "button" and form.get("class") in WITHIN_A_FORM
        sent = values.get("form") or form.get("id") if tag == "button" else ""
        if self._is_main and not is_sending and "aria-hidden" not in values:
            self._count += 1
            self.found[f"{tag} {name}"].add(values.get("href") or sent or str(self._count))

    def equal(self) -> list[str]:
        """Return the names that lead to more than one thing."""
        return [name for name, things in self.found.items() if len(things) > 1]


@pytest.fixture
def pages(alice: User, bob: User) -> list[str]:
    """Pages with several photos, comments and links, none of which has a name of its own."""
    today = timezone.localdate()
    facts = {"taken_at": f"{today.year - 4}-{today:%m-%d}T12:00:00"}
    photos = [make_photo(alice, perceptual_hash=7, facts=facts, filename="IMG.jpg") for _ in range(4)]
    photos += [make_photo(alice, caption="Fog #fog", tags=["fog"], perceptual_hash=-9) for _ in range(3)]
    album = albums.create(alice.pk, title="Boats")
    album_places.add(album, [photo.pk for photo in photos])
    for target in (album, album, photos[0], photos[1]):
        share_links.create(target, share_links.Terms(download=Download.NONE))
    for number in range(3):
        comments.write(photos[0], bob.pk, f"Lovely {number}")
        comments.write(photos[0], alice.pk, f"Thank you {number}")
    for photo in photos:
        likes.set_liked(photo, alice.pk, is_liked=True)
    deliver()
    trash.put(alice.pk, [photo.pk for photo in Photo.objects.of(alice.pk).order_by("pk")[3:4]])
    return [
        *("/", "/@alice/", "/explore/", "/tags/fog/", "/search/?q=fog", "/favourites/", "/albums/"),
        *(photos[0].get_absolute_url(), album.get_absolute_url(), f"{album.get_absolute_url()}arrange/"),
        *("/organise/", "/duplicates/", "/trash/", "/share/", f"/share/?album={album.pid}", "/memories/"),
        share_links.url(share_links.create(album, share_links.Terms())).partition("//")[2].partition("/")[2],
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("reader", ["alice", "bob", ""])
def test_no_two_things_of_a_page_have_the_same_name(
    reader: str, language: str, pages: list[str], alice: User, bob: User
) -> None:
    people = {"alice": alice, "bob": bob}
    client = signed_in(people[reader]) if reader else Client()
    equal: dict[str, list[str]] = {}
    for page in pages:
        names = Names()
        address = page if page.startswith("/") else f"/{page}"
        names.feed(client.get(address, headers={"Accept-Language": language}).content.decode())
        if same := names.equal():
            equal[address] = same
    assert equal == {}
