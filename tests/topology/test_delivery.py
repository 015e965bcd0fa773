"""The edge: which requests get a photo's files."""

import html
import re
import time
import urllib.error
import urllib.request

from tests.topology import jpeg_factory
from tests.topology.http_member import Member
from tests.topology.running import Topology
from tests.topology.test_kills import wait_until_ready


def status(url: str, **headers: str) -> int:
    """Return the status that an address answers with."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_private_photo_needs_the_signature_of_its_owners_page(topology: Topology) -> None:
    owner, other = Member(topology.site, "priya"), Member(topology.site, "otto")
    owner.sign_up()
    other.sign_up()
    pid = owner.upload(jpeg_factory.jpeg(900, 600, seed=71), visibility="private")
    wait_until_ready(owner, [pid])
    page = owner.get(f"/p/{pid}/")
    signed = html.unescape(re.findall(r'src="([^"]*/priv/[^"]*)"', page.text)[0])
    plain, _, query = signed.partition("?")
    assert status(signed) == 200
    assert status(plain) == 403
    assert status(signed[:-1] + ("A" if signed[-1] != "A" else "B")) == 403
    assert status(signed.replace("/640.", "/320.")) == 403
    assert status(f"{plain.replace('/priv/', '/pub/')}?{query}") in {403, 404}
    assert other.get(f"/p/{pid}/").status == 404
    assert pid not in other.get("/@priya/").text


def test_a_public_address_is_dead_at_the_edge_within_a_minute_of_becoming_private(topology: Topology) -> None:
    owner = Member(topology.site, "petra")
    owner.sign_up()
    pid = owner.upload(jpeg_factory.jpeg(900, 600, seed=73))
    wait_until_ready(owner, [pid])
    urls = addresses(owner, pid)
    assert {status(url) for url in urls} == {200}, "and the edge has all of them now"
    hidden_at = time.monotonic()
    owner.post_form(f"/p/{pid}/visibility/", {"visibility": "private"})
    while not {status(url) for url in urls} <= {403, 404}:
        assert time.monotonic() - hidden_at < 60, "an old address still works after a minute"
        time.sleep(0.5)
    assert {status(url) for url in addresses(owner, pid)} == {200}
    owner.post_form(f"/p/{pid}/visibility/", {"visibility": "public"})
    while not all("/pub/" in url for url in addresses(owner, pid)):
        assert time.monotonic() - hidden_at < 120
        time.sleep(0.5)
    assert {status(url) for url in addresses(owner, pid)} == {200}
    assert {status(url) for url in urls} <= {403, 404}, "for ever"


def addresses(member: Member, pid: str) -> set[str]:
    """Return the addresses of a photo's pictures as its page has them."""
    page = html.unescape(member.get(f"/p/{pid}/").text)
    return set(re.findall(rf"https?://[^\s\"]*/{pid}/[^\s\"]*\.(?:jpg|webp|avif)[^\s\",]*", page))


def test_originals_are_not_served(topology: Topology) -> None:
    member = Member(topology.site, "olga")
    member.sign_up()
    pid = member.upload(jpeg_factory.jpeg(900, 600, seed=72))
    wait_until_ready(member, [pid])
    key = topology.manage("shell", "-v0", "-c", print_original_key(pid)).strip()
    assert key.startswith("up/")
    for host in (topology.cdn, topology.upload, topology.site):
        for path in (f"/{key}", f"/media/{key}"):
            assert status(host + path) in {403, 404, 405}


def print_original_key(pid: str) -> str:
    """Return a line of Python that prints the storage key of an original."""
    return (
        "from photos.models import Photo; from sharding.rows import ids; "
        f"print(Photo.objects.locate(ids.decode('{pid}')).get().original_key)"
    )


def test_static_files_come_from_the_edge_for_ever(topology: Topology) -> None:
    page = Member(topology.site, "nobody").get("/").text
    style = re.findall(r'href="([^"]+\.css)"', page)[0]
    assert style.startswith(topology.cdn)
    for expected in ({"MISS", "HIT"}, {"HIT"}):
        with urllib.request.urlopen(style, timeout=20) as response:
            assert response.headers["X-Cache"] in expected
            assert "immutable" in response.headers["Cache-Control"]
            assert response.headers["Access-Control-Allow-Origin"] == "*"
