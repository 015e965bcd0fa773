"""What the upload page says and sorts out before a byte is sent, in Chromium."""

import struct
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from photos.imaging.format_table import REFUSED, TAKEN, Refused, Taken
from photos.imaging.formats import sniff
from photos.imaging.rejections import Rejected
from tests.front.stub_site import Site
from tests.front.upload.uploading import (
    SHIFTS,
    answer_the_chooser,
    assert_stored_whole,
    choose,
    expect_all_ready,
    expect_step,
    expect_summary,
    photo,
    photos,
    row,
)
from tests.imaging.test_formats import KNOWN_OTHERS, iso_media

ENTRIES = """
async (tree) => {
  const { filesOf } = await import("tessera/files/files");
  const entry = (name, inside) => inside === null
    ? { isFile: true, file: (give) => give(new File(["x"], name)) }
    : { isFile: false, createReader: () => {
        const batches = [Object.entries(inside).map(([each, more]) => entry(each, more)), []];
        return { readEntries: (give) => give(batches.shift()) };
      } };
  const entries = Object.entries(tree).map(([name, inside]) => entry(name, inside));
  const items = entries.map((each) => ({ kind: "file", webkitGetAsEntry: () => each }));
  return (await filesOf({ items })).map(({ name }) => name);
}
"""
MISTAKES = [
    ("clip.mov", "video/quicktime", b"", "This is a video."),
    ("clip.jpg", "image/jpeg", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "This is a video."),
    ("DSC_1.NEF", "", b"MM\0*", "This is a camera raw file."),
    ("IMG_1.jpg", "image/jpeg", b"II*\0\x10\0\0\0CR\2\0", "This is a camera raw file."),
    ("logo.svg", "image/svg+xml", b"", "SVG is a drawing, not a photo."),
    ("logo.png", "image/png", b'<?xml version="1.0"?><svg xmlns', "SVG is a drawing, not a photo."),
    ("paper.pdf", "application/pdf", b"", "This is a PDF document."),
    ("paper.jpg", "image/jpeg", b"%PDF-1.7", "This is a PDF document."),
    ("notes.jpg", "image/jpeg", b"Dear diary,", "This image format is not supported."),
]
GOOD = [
    ("a.jpg", "image/jpeg", b"\xff\xd8\xff\xe1"),
    ("b.heic", "", b"\0\0\0\x24ftypheic\0\0\0\0mif1heic"),
    ("c.HEIC", "image/heic", b"\0\0\0\x24ftypmif1\0\0\0\0mif1heic"),
    ("d.avif", "image/avif", b"\0\0\0\x20ftypavif\0\0\0\0avifmif1"),
    ("e.tif", "image/tiff", b"II*\0\x08\0\0\0"),
    ("f.webp", "image/webp", b"RIFF\x10\0\0\0WEBPVP8 "),
    ("g.gif", "image/gif", b"GIF89a"),
    ("h.hif", "", b"\0\0\0\x1cftypheix\0\0\0\0mif1heix"),
]


OTHER_HEADS = [head for head, _ in KNOWN_OTHERS]


def png(width: int, height: int) -> bytes:
    """Return an empty black-and-white picture of any size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + -(-width // 8)) * height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def file(name: str, media_type: str, head: bytes) -> FilePayload:
    """Return a file of that beginning."""
    return {"name": name, "mimeType": media_type, "buffer": head + bytes(600)}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake[0])
def test_what_is_no_photo_is_told_apart_by_name_and_by_content(
    page: Page, site: Site, mistake: tuple[str, str, bytes, str]
) -> None:
    name, media_type, head, sentence = mistake
    choose(page, [file(name, media_type, head)])
    expect(row(page, name).locator(".verdict")).to_contain_text(sentence)
    expect(page.get_by_role("button", name=f"Retry {name}")).to_be_hidden()
    assert site.announced == []


def test_every_format_that_we_take_is_let_through(page: Page, site: Site) -> None:
    accept = ",".join({media_type for _, media_type, _ in GOOD if media_type})
    page.locator("photo-upload").evaluate(
        "(element, accept) => element.setAttribute('accept', accept)", accept
    )
    files = [file(*each) for each in GOOD]
    choose(page, files)
    expect_all_ready(page, len(files))
    assert_stored_whole(site, files)


JUDGE = """
async (heads) => {
  const { loadKinds, otherThanPhoto, typeOf } = await import("tessera/files/file-kinds");
  await loadKinds(document.querySelector("photo-upload").getAttribute("formats-url"));
  const text = (head) => head.map((byte) => String.fromCharCode(byte)).join("");
  return heads.map(([name, head]) => [otherThanPhoto({ name, type: "" }, text(head)), typeOf({ name, type: "" })]);
}
"""


def sentence_for(head: bytes) -> str:
    """Return what the site says of a file of that beginning; "" when it takes it."""
    try:
        sniff(head)
    except Rejected as rejected:
        return rejected.sentence
    return ""


def test_the_script_judges_by_content_as_the_site_does(page: Page) -> None:
    rows: list[Taken | Refused] = [*TAKEN.values(), *REFUSED]
    brands = [brand.encode() for row in rows for brand in row.brands]
    heads = [iso_media(brand, b"isom", brand) for brand in brands]
    heads += [iso_media(b"mif1", b"avif"), iso_media(b"isom", b"mp42"), b"hello, world", *OTHER_HEADS]
    heads += [head for _, _, head in GOOD] + [head for _, _, head, _ in MISTAKES if head]
    verdicts = page.evaluate(JUDGE, [["file", list(head + bytes(64))] for head in heads])
    expected = [sentence_for(head + bytes(64)) for head in heads]
    assert [sentence for sentence, _ in verdicts] == expected
    assert "" in expected


def test_a_format_is_one_row_of_the_table(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    head = list(b"NEWFORMAT" + bytes(64))
    assert "not supported" in page.evaluate(JUDGE, [["a.new", head]])[0][0]
    added = Taken(name="New", content_type="image/new", endings=("new",), opener="", signature="NEWFORMAT")
    monkeypatch.setitem(TAKEN, added, added)  # type: ignore[misc]  # a key that no release has
    page.reload()
    assert page.evaluate(JUDGE, [["a.new", head]]) == [["", "image/new"]]
    page.reload()
    expect(page.locator("#limits")).to_contain_text("HEIC, New: up to 50 MB")


def test_without_the_table_the_site_alone_judges(page: Page, site: Site) -> None:
    page.route("**/api/formats/**", lambda route: route.abort())
    page.reload()
    files = [file("a.jpg", "image/jpeg", b"\xff\xd8\xff\xe1")]
    choose(page, files)
    expect_all_ready(page, 1)
    assert_stored_whole(site, files)


def test_too_many_pixels_are_told_before_sending(page: Page, site: Site) -> None:
    files: list[FilePayload] = [
        {"name": "wall.png", "mimeType": "image/png", "buffer": png(13_000, 10_000)},
        {"name": "fine.png", "mimeType": "image/png", "buffer": png(12_000, 10_000)},
    ]
    choose(page, files)
    verdict = row(page, "wall.png").locator(".verdict")
    expect(verdict).to_contain_text("This photo has 130 megapixels; a photo can have up to 120.")
    expect_step(page, "fine.png", "ready")
    assert [each["name"] for each in site.finished] == ["fine.png"]


def test_the_limits_stand_on_the_page(page: Page) -> None:
    expect(page.locator("#limits")).to_contain_text("up to 50 MB and 120 megapixels each, 120 at a time")
    expect(page.locator("#room")).to_have_text("7 GB of your 10 GB are free.")
    for name in ("Choose photos", "Choose a folder"):
        button = page.get_by_role("button", name=name)
        expect(button).to_have_attribute("aria-describedby", "limits room")


def test_room_shrinks_as_photos_arrive_and_too_much_is_told_at_once(page: Page, site: Site) -> None:
    page.locator("photo-upload").evaluate(
        """element => {
          element.setAttribute("quota-bytes", 3 * 1024 ** 2);
          element.setAttribute("used-bytes", 1024 ** 2);
          element.replaceWith(element); // begins anew
        }"""
    )
    site.hold.clear()
    choose(page, [photo("one.jpg", 900_000), photo("two.jpg", 900_000), photo("three.jpg", 900_000)])
    expect(page.locator("#room")).to_have_text(
        "2 MB of your 3 MB are free. You chose 2.6 MB, which does not fit completely."
    )
    site.hold.set()
    expect_step(page, "one.jpg", "ready")


def test_a_full_quota_is_said_in_the_sites_words_and_can_be_tried_again(page: Page, site: Site) -> None:
    site.room_bytes = 100_000
    choose(page, [photo("small.jpg"), photo("big.jpg", 200_000)])
    expect(row(page, "big.jpg").locator(".verdict")).to_have_text("You have no storage left for this photo.")
    expect_step(page, "small.jpg", "ready")
    site.room_bytes = 10**9
    page.get_by_role("button", name="Retry big.jpg").click()
    expect_all_ready(page, 2)


def test_the_same_photo_chosen_twice_is_sent_once(page: Page, site: Site) -> None:
    one = photo("one.jpg")
    choose(page, [one, {**one, "name": "copy.jpg"}])
    expect_summary(page, "Uploaded · all ready · 1 already uploaded")
    expect(
        row(page, "copy.jpg").get_by_role("link", name="Already uploaded, only you see it")
    ).to_be_visible()
    assert len(site.got) == len(site.finished) == 1


def test_what_is_here_already_is_a_link_and_no_byte_is_sent(page: Page, site: Site) -> None:
    choose(page, photos(2))
    expect_all_ready(page, 2)
    page.goto("/upload/")
    sent = len(site.got)
    choose(page, photos(2))
    expect(page.get_by_role("link", name="Already uploaded, only you see it")).to_have_count(2)
    expect_summary(page, "Already uploaded")
    assert len(site.got) == sent


def test_a_folder_is_chosen_by_keyboard(page: Page, site: Site, tmp_path: Path) -> None:
    within = tmp_path / "Holidays" / "Day 1"
    within.mkdir(parents=True)
    for number in range(3):
        (within / f"DSC_{number}.jpg").write_bytes(photo(f"DSC_{number}.jpg")["buffer"])
    (within / "DSC_0.xmp").write_text("<x/>")
    (within / "Thumbs.db").write_text("thumbs")
    (tmp_path / "Holidays" / ".hidden.jpg").write_text("x")
    answer_the_chooser(page, tmp_path / "Holidays")
    page.get_by_role("button", name="Choose photos").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Choose a folder")).to_be_focused()
    page.keyboard.press("Enter")
    expect_all_ready(page, 3)
    assert_stored_whole(site, photos(3))


def test_a_dropped_folder_is_walked_through(page: Page) -> None:
    tree = {
        "a.jpg": None,
        "Holidays": {"b.jpg": None, ".c.jpg": None, "Day 2": {"d.jpg": None, "d.aae": None}},
        "e": {},
    }
    assert sorted(page.evaluate(ENTRIES, tree)) == ["a.jpg", "b.jpg", "d.jpg"]


def test_a_hundred_photos_at_once_arrive_and_nothing_moves(page: Page, site: Site) -> None:
    page.add_init_script(SHIFTS)
    page.goto("/upload/")
    site.faults.update(put=[503, 403], begin=[502])
    files = [photo(f"DSC_{number:03}.jpg", 4_000) for number in range(100)]
    choose(page, files)
    expect_all_ready(page, 100)
    assert_stored_whole(site, files)
    assert max(map(len, site.announced)) <= 20
    assert page.evaluate("shifts") == []


def test_whatever_there_is_to_say_nothing_moves(page: Page, site: Site) -> None:
    page.add_init_script(SHIFTS)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/upload/")
    site.room_bytes = 100_000
    site.faults.update(put=[503])
    choose(
        page, [file("clip.mov", "", b""), photo("big.jpg", 200_000), *photos(3), file("paper.pdf", "", b"")]
    )
    expect_summary(page, "3 of 6 uploaded · all ready · 3 failed")
    for name in ("big.jpg", "clip.mov"):
        verdict = row(page, name).locator(".verdict")
        assert verdict.evaluate("element => element.scrollHeight <= element.clientHeight"), (
            "all of it can be read"
        )
    assert page.evaluate("shifts") == []


def test_too_many_at_once_are_counted(page: Page, site: Site) -> None:
    page.locator("photo-upload").evaluate("element => element.setAttribute('max-files', 3)")
    choose(page, photos(5))
    expect_summary(page, "All 3 uploaded · all ready · 2 left out, too many at once")
