"""What the pages say, rendered without a database."""

import dataclasses
import json
import re

from django.template.loader import render_to_string

from config import importmap
from tests.front.pages import NONCE, Card, CardOf, Page, Person, Somebody, Tile, upload_page


def tile_html(tile: Tile, **context: object) -> str:
    """Return one tile of a grid."""
    return Page("photos/grid/tile.html", {"tile": tile, **context}).render()


def test_a_ready_tile_keeps_its_place_before_a_byte_has_come() -> None:
    html = tile_html(Tile())
    assert "--w:3000;--h:2000" in html
    assert 'width="3000" height="2000"' in html
    assert "--c:#8899aa" in html
    assert "--p:url(data:image/png;base64,AAAA)" in html


def test_a_browser_chooses_the_rendition() -> None:
    html = tile_html(Tile())
    assert '<source type="image/webp" srcset="/static/img/touch-icon.png?webp 180w"' in html
    assert 'srcset="/static/img/touch-icon.png?jpeg 180w"' in html
    assert html.count("sizes=") == 2


def test_avif_is_offered_first_where_it_is_there() -> None:
    html = tile_html(Tile(avif_srcset="/a.avif 320w"))
    assert re.findall(r'<source type="image/(\w+)"', html) == ["avif", "webp"]
    assert html.count("sizes=") == 3
    assert "image/avif" not in tile_html(Tile())
    photo = {"photo": Tile(avif_srcset="/a.avif 320w"), "sizes": "100vw"}
    assert re.findall(r'<source type="image/(\w+)"', Page("photos/grid/picture.html", photo).render()) == [
        "avif",
        "webp",
    ]


def test_a_format_that_is_not_there_yet_is_no_source() -> None:
    assert "<source" not in tile_html(Tile(webp_srcset=""))
    assert (
        "<source"
        not in Page("photos/grid/picture.html", {"photo": Tile(webp_srcset=""), "sizes": ""}).render()
    )


def photo_page(**context: object) -> str:
    """Return the page of one photo."""
    return Page(
        "photos/photo/photo.html", {"photo": Card(), "owner": Person(), **context}, user=Somebody()
    ).render()


def test_only_who_may_edit_a_photo_is_led_to_it() -> None:
    assert 'href="/p/7Gk/edit/"' in photo_page(is_owner=True, can_edit=True)
    assert "/7Gk/edit/" not in photo_page(is_owner=True, can_edit=False)


def test_a_new_version_on_its_way_is_told_and_watched() -> None:
    html = photo_page(is_revising=True)
    assert "Your edits are being applied" in html
    assert "photo/photo-revision" in html.replace(json_of_the_import_map(html), "")
    assert "is-awaited" not in photo_page()


def json_of_the_import_map(html: str) -> str:
    """Return the import map, which names every module of ours."""
    found = re.search(r'<script type="importmap".*?</script>', html)
    assert found is not None
    return found[0]


def test_a_like_is_a_pressed_button_that_keeps_its_name_and_the_focus() -> None:
    """The focus goes with the id from one fragment to the next; what is pressed is said by its state, not its words."""
    shown = {"photo": Card(), "like_count": 2, "is_liked": False}
    before, after = (
        Page("photos/social/like_button.html", shown | {"is_liked": is_liked}, user=Somebody()).render()
        for is_liked in (False, True)
    )
    for html, pressed, value in ((before, "false", "1"), (after, "true", "0")):
        assert f'id="like-button" aria-pressed="{pressed}"' in html
        assert f'name="liked" value="{value}"' in html
        assert 'method="post" action="/p/7Gk/like/"' in html
        assert "2 people like this" in html


def test_every_field_for_words_has_a_label_of_its_own() -> None:
    people = Person()
    said = {"id": 7, "person": people, "html": "Hm", "body": "Hm", "can_edit": True, "can_delete": True}
    answer = said | {"id": 8}
    context = {"comments": [said | {"answers": [answer]}], "can_talk": True, "is_latest": True}
    html = photo_page(**context)
    ids = re.findall(r'<textarea id="([^"]+)"', html)
    assert ids == ["answer-7", "edit-7", "answer-8", "edit-8", "comment-body"]
    assert [name for name in ids if f'for="{name}"' not in html] == []
    assert '<p class="visually-hidden" role="status" id="spoken">' in html


def test_only_the_first_picture_of_a_page_is_fetched_eagerly() -> None:
    assert 'loading="lazy"' in tile_html(Tile())
    first = tile_html(Tile(), eager=True)
    assert 'fetchpriority="high"' in first
    assert "lazy" not in first


def test_an_alt_text_cannot_break_out() -> None:
    html = tile_html(Tile(alt='"><script>alert(1)</script>'))
    assert "<script>" not in html


def test_a_tile_on_its_way_is_calm_and_asked_for_again() -> None:
    html = tile_html(Tile(state="processing", is_ready=False))
    assert "data-unsettled" in html
    assert "Getting ready" in html
    assert "<img" not in html


def test_a_failed_tile_says_its_sentence_and_is_settled() -> None:
    html = tile_html(Tile(state="failed", is_ready=False, is_failed=True, failure="This file is cut off."))
    assert "This file is cut off." in html
    assert "IMG_1.jpg" in html  # which one to send again
    assert "data-unsettled" not in html


def test_tiles_are_told_apart_by_their_id() -> None:
    tiles = [Tile(), dataclasses.replace(Tile(), pid="8Hm")]
    assert re.findall(r'data-photo="(\w+)"', Page("photos/grid/tiles.html", {"tiles": tiles}).render()) == [
        "7Gk",
        "8Hm",
    ]


def test_the_import_map_carries_the_nonce_and_every_module() -> None:
    html = Page("photos/home/landing.html").render()
    found = re.search(r'<script type="importmap" nonce="([^"]+)">(.*?)</script>', html)
    assert found is not None
    assert found[1] == NONCE
    ours = {f"tessera/{name}" for name in [*importmap.module_names(), "catalogue"]}
    assert json.loads(found[2])["imports"].keys() == ours | importmap.OTHERS.keys()


def test_a_visitor_is_invited_and_a_member_is_not() -> None:
    assert "Sign up" in Page("photos/home/landing.html").render()
    assert "Sign up" not in upload_page().render()


def test_a_page_has_its_landmarks_and_one_first_heading() -> None:
    for page in (
        Page("photos/home/landing.html"),
        upload_page(),
        Page("people/people.html", user=Somebody()),
    ):
        html = page.render()
        assert html.count("<h1") == 1
        assert html.count("<main") == html.count('<header class="top"') == 1
        assert 'href="#main"' in html


def test_uploading_without_javascript_is_explained() -> None:
    noscript = re.search(r"<noscript>(.*?)</noscript>", upload_page().render(), re.DOTALL)
    assert noscript is not None
    assert "needs JavaScript" in noscript[1]


def test_the_worker_comes_from_the_pages_own_origin() -> None:
    found = re.search(r'worker-url="([^"]+)"', upload_page().render())
    assert found is not None
    assert found[1].startswith("/static/photos/js/files/hash-worker")


def test_more_photos_are_a_plain_link() -> None:
    html = Page("photos/grid/more.html", {"next_url": "/?before=7Gk", "words": "More photos"}).render()
    assert 'href="/?before=7Gk"' in html
    assert 'hx-get="/?before=7Gk"' in html


def test_the_feed_says_that_a_part_is_out_of_reach() -> None:
    context: dict[str, object] = {
        "cards": [],
        "next_url": None,
        "suggestions": [],
        "missing": "Photos by Bob are out of reach.",
    }
    html = Page("photos/home/home.html", context, user=Somebody()).render()
    assert "out of reach" in html
    assert "still bare" not in html


def test_an_empty_feed_invites() -> None:
    context: dict[str, object] = {"cards": [], "next_url": None, "suggestions": [], "missing": []}
    assert "No photos to see yet" in Page("photos/home/home.html", context, user=Somebody()).render()


def test_a_page_of_trouble_knows_nobody_and_runs_nothing() -> None:
    html = render_to_string("404.html")
    assert "<script" not in html
    assert "Sign up" not in html
    assert 'href="/"' in html


def test_the_columns_of_the_home_page_are_known_before_the_second_has_come() -> None:
    whole = Page("photos/home/home.html", {"cards": [CardOf()], "suggestions": [Person()]}, user=Somebody())
    bare = Page("photos/home/home.html", {"cards": [CardOf()]}, user=Somebody())
    assert 'class="page home has-suggestions"' in whole.render()
    assert 'class="page home"' in bare.render()
