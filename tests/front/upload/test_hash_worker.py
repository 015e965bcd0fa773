"""The Worker's SHA-256 is SHA-256."""

import hashlib

import pytest
from playwright.sync_api import Page

HASH = """
async ({ sizes, seed, partBytes = 0 }) => {
  const worker = new Worker("/static/photos/js/files/hash-worker.js");
  const bytes = (size) => Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed + (i >> 8)) & 255);
  const digest = (id, file) => new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => {
      if (data.id !== id) return;
      if (data.digest) resolve(partBytes ? data.parts : data.digest);
      if (data.error) reject(new Error(data.error));
    });
    worker.postMessage({ id, file, partBytes });
  });
  const found = await Promise.all(sizes.map((size, id) => digest(id, new File([bytes(size)], "photo.jpg"))));
  worker.terminate();
  return found;
}
"""
EDGES = [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129]


def made(size: int, seed: int) -> bytes:
    """Return the bytes that the page makes."""
    return bytes((i * 31 + seed + (i >> 8)) & 255 for i in range(size))


def expected(size: int, seed: int) -> str:
    """Return their digest."""
    return hashlib.sha256(made(size, seed)).hexdigest()


@pytest.mark.parametrize("seed", [0, 7])
def test_it_agrees_at_every_edge_of_a_block(page: Page, seed: int) -> None:
    assert page.evaluate(HASH, {"sizes": EDGES, "seed": seed}) == [expected(size, seed) for size in EDGES]


def test_it_agrees_on_files_of_any_length(page: Page) -> None:
    sizes = [7, 1_000, 4_095, 65_535, 65_536, 65_600, 262_145, 399_999, 2_500_001]
    assert page.evaluate(HASH, {"sizes": sizes, "seed": 5}) == [expected(size, 5) for size in sizes]


@pytest.mark.parametrize("part_bytes", [64, 1_000, 65_536, 100_000])
def test_parts_agree_wherever_they_are_cut(page: Page, part_bytes: int) -> None:
    sizes = [1, part_bytes - 1, part_bytes, part_bytes + 1, 3 * part_bytes, 250_001]
    found = page.evaluate(HASH, {"sizes": sizes, "seed": 3, "partBytes": part_bytes})
    for size, digests in zip(sizes, found, strict=True):
        body = made(size, 3)
        pieces = [body[start : start + part_bytes] for start in range(0, size, part_bytes)]
        assert digests == [hashlib.sha256(piece).hexdigest() for piece in pieces]
