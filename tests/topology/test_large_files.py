"""Large files through the page, gateway and store: every part has a checksum; a cancelled upload leaves nothing."""

import hashlib
from pathlib import Path

from playwright.sync_api import Browser, expect

from photos.pipeline.multipart import PART_BYTES, WHOLE_UP_TO_BYTES
from tests.topology import jpeg_factory
from tests.topology.conftest import Visitor, visit
from tests.topology.running import Topology
from tests.topology.test_journey import sign_up, upload


def large(path: Path, seed: int) -> Path:
    """Write a photo with trailing bytes, large enough for three parts."""
    noise = hashlib.shake_128(str(seed).encode()).digest(WHOLE_UP_TO_BYTES + PART_BYTES // 2)
    path.write_bytes(jpeg_factory.jpeg() + noise)
    return path


def test_a_large_file_goes_up_in_parts_and_becomes_a_picture(
    topology: Topology, chromium: Browser, visitors: list[Visitor], tmp_path: Path
) -> None:
    page = visit(chromium, topology, visitors).page
    sign_up(page, "lars")
    sent: list[tuple[str, str]] = []
    page.on("request", lambda r: sent.append((r.method, r.headers.get("x-amz-checksum-sha256", ""))))
    upload(page, [large(tmp_path / "panorama.jpg", 1)])
    checksums = [checksum for method, checksum in sent if method == "PUT"]
    assert len(checksums) == 3
    assert all(checksums)


def test_a_cancelled_large_file_gives_its_room_back_at_once(
    topology: Topology, chromium: Browser, visitors: list[Visitor], tmp_path: Path
) -> None:
    page = visit(chromium, topology, visitors).page
    sign_up(page, "nora")
    page.goto("/upload/")
    free = page.locator("[data-part=room]").inner_text()
    page.route("**/up/**", lambda route: None)  # the store never answers
    page.locator("photo-upload input[type=file]").set_input_files(large(tmp_path / "panorama.jpg", 2))
    expect(page.locator(".upload[data-step=sending]")).to_have_count(1, timeout=20_000)
    with page.expect_response("**/api/uploads/cancel/") as answer:
        page.get_by_role("button", name="Cancel panorama.jpg").click()
    assert answer.value.json() == {"cancelled": True}
    page.unroute_all()
    page.goto("/upload/")
    expect(page.locator("[data-part=room]")).to_have_text(free)
