"""One photo through every tier, looked at in Chromium."""

import io
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from PIL import Image, ImageStat
from playwright.sync_api import Browser, Page, expect

from tests.imaging import exiftool
from tests.topology import jpeg_factory
from tests.topology.conftest import Visitor, visit
from tests.topology.faults import eventually
from tests.topology.http_member import Member
from tests.topology.running import Topology
from tests.topology.test_kills import wait_until_ready

PASSWORD = "quite a long secret"
STRUCTURE = {"System", "File", "Composite", "RIFF", "JFIF", "ExifTool"}
AVIF_BOXES = {
    "MajorBrand", "MinorVersion", "CompatibleBrands", "HandlerType", "PrimaryItemReference", "ImageSpatialExtent",
    "ImagePixelDepth", "AV1ConfigurationVersion", "ChromaFormat", "ChromaSamplePosition", "ColorProfiles",
    "ColorPrimaries", "TransferCharacteristics", "MatrixCoefficients", "VideoFullRangeFlag", "MediaDataSize",
    "MediaDataOffset",
}  # fmt: skip


def sign_up(page: Page, username: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("Email").fill(f"{username}@example.com")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/")


def upload(page: Page, files: list[Path], seconds: float = 60) -> None:
    page.goto("/upload/")
    page.locator("photo-upload input[type=file]").set_input_files(files)
    expect(page.locator(".upload[data-step=ready]")).to_have_count(len(files), timeout=seconds * 1000)


def test_a_photo_goes_from_a_browser_to_the_edge(
    topology: Topology, chromium: Browser, visitors: list[Visitor], tmp_path: Path
) -> None:
    photos = [tmp_path / f"DSC_{n}.jpg" for n in range(3)]
    for n, path in enumerate(photos):
        path.write_bytes(jpeg_factory.jpeg(orientation=(1, 6, 8)[n], seed=n))
    ann = visit(chromium, topology, visitors)
    sign_up(ann.page, "ann")
    upload(ann.page, photos)

    ben = visit(chromium, topology, visitors)
    sign_up(ben.page, "ben")
    ben.page.goto("/@ann/")
    expect(ben.page.locator("[data-photo] img")).to_have_count(3)
    ben.page.get_by_role("button", name="Follow").click()
    expect(ben.page.get_by_role("button", name="Following")).to_be_visible()
    ben.page.goto("/")
    pictures = ben.page.locator("[data-photo] img")
    expect(pictures).to_have_count(3)
    for n in range(3):
        pictures.nth(n).scroll_into_view_if_needed()
        ben.page.wait_for_function(
            "image => image.complete && image.naturalWidth > 0", arg=pictures.nth(n).element_handle()
        )
    ben.page.locator("[data-photo] a").first.click()
    expect(ben.page.locator("main img").first).to_be_visible()

    largest = ben.page.locator("main picture img").first.get_attribute("srcset") or ""
    url = largest.split(", ")[-1].split(" ")[0]
    # The browser has requested no JPEG before: it supports better formats.
    assert [edge_answer(url)[0], edge_answer(url)[0]] == ["MISS", "HIT"]
    assert ann.complaints + ben.complaints == []


def edge_answer(url: str) -> tuple[str, bytes]:
    """Return (X-Cache, body) of an address at the edge."""
    with urllib.request.urlopen(url, timeout=20) as response:
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        return response.headers["X-Cache"], response.read()


def test_public_bytes_are_upright_and_carry_nothing_but_pixels(
    topology: Topology, chromium: Browser, visitors: list[Visitor], tmp_path: Path
) -> None:
    files = [tmp_path / f"turned_{orientation}.jpg" for orientation in range(1, 9)]
    for orientation, path in enumerate(files, 1):
        path.write_bytes(jpeg_factory.jpeg(1200, 800, orientation=orientation, seed=orientation))
    real = jpeg_factory.real_files()
    cleo = visit(chromium, topology, visitors)
    sign_up(cleo.page, "cleo")
    upload(cleo.page, [*files, *real], seconds=150)

    cleo.page.goto("/@cleo/")
    expect(cleo.page.locator("[data-photo] img")).to_have_count(len(files) + len(real))
    sources = cleo.page.locator("[data-photo] img, [data-photo] source").evaluate_all(
        "all => all.flatMap(each => each.srcset.split(', ').map(entry => entry.split(' ')[0]))"
    )
    assert sources
    public = tmp_path / "public"
    public.mkdir()
    for number, url in enumerate(sources):
        body = edge_answer(url)[1]
        assert b"SECRET" not in body
        (public / f"{number}{Path(url).suffix}").write_bytes(body)
    assert unwelcome_tags(public) == set()
    turned = cleo.page.locator("[data-photo] img").evaluate_all("all => all.map(each => each.src)")[
        -len(files) :
    ]
    for url in turned:
        assert_upright(edge_answer(url)[1])


def unwelcome_tags(folder: Path) -> set[str]:
    """Return the metadata that exiftool finds, besides the structure of the files themselves.

    AVIF is a container of boxes, whose own description exiftool files under QuickTime and Meta.
    """
    listed = subprocess.run(
        [exiftool.program(), "-r", "-a", "-G1", "-s", "-q", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = (
        line.removeprefix("[").replace("]", " ").split() for line in listed.splitlines() if line[:1] == "["
    )
    tags = {(group, tag) for group, tag, *_ in lines}
    return {f"{group}:{tag}" for group, tag in tags if group not in STRUCTURE and tag not in AVIF_BOXES}


def assert_upright(body: bytes) -> None:
    """Assert that the dark half is on the left, as `jpeg_factory.jpeg` paints it."""
    picture = Image.open(io.BytesIO(body)).convert("L")
    assert picture.width > picture.height
    halves = [
        (0, 0, picture.width // 2, picture.height),
        (picture.width // 2, 0, picture.width, picture.height),
    ]
    left, right = (ImageStat.Stat(picture.crop(half)).mean[0] for half in halves)
    assert left < 110 < right


def uploaded_by(topology: Topology, username: str) -> Member:
    """Return a new member with a photo that is ready."""
    member = Member(topology.site, username)
    member.sign_up()
    pid = member.upload(jpeg_factory.jpeg(900, 600, mark=len(username) + sum(username.encode())))
    wait_until_ready(member, [pid])
    return member


def requests_of(topology: Topology, member: Member) -> list[dict[str, Any]]:
    """Return what the pods logged about the requests of one member."""
    return [line for line in topology.logged("web-*", member.request_ids) if line.get("event") == "request"]


def test_reads_are_on_replicas_writes_on_primaries_and_bytes_on_neither(topology: Topology) -> None:
    member, stranger = uploaded_by(topology, "rosa"), Member(topology.site, "stranger")
    for _ in range(10):
        stranger.get(f"/@{member.username}/")
    replicas, primaries = {"shard0_r1", "shard1_r1"}, {"shard0", "shard1"}
    profiles = requests_of(topology, stranger)
    assert any(set(line["aliases"]) & replicas for line in profiles if line["status"] == 200)
    requests = requests_of(topology, member)
    finishes = [set(line["aliases"]) for line in requests if line["route"] == "upload-finish"]
    assert finishes
    assert all(aliases & primaries and not aliases & replicas for aliases in finishes)
    sizes = [line["bytes_in"] for line in topology.logged("web-*") if line.get("event") == "request"]
    assert max(sizes) < 20_000, "no photo passes a web pod"


def test_one_id_leads_from_the_edge_through_the_pod_to_the_worker(topology: Topology) -> None:
    member = uploaded_by(topology, "iris")
    (finish,) = [each for each in requests_of(topology, member) if each["route"] == "upload-finish"]
    one = {finish["request_id"]}
    assert [line["path"] for line in topology.logged("edge-access", one)] == [finish["path"]]

    def shown() -> bool:
        return any(
            line["event"] == "job" and line["actor"] == "show" for line in topology.logged("worker-*", one)
        )

    eventually(shown)  # a worker writes its line after the photo is there
