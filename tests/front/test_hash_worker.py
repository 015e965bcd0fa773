"""The Worker's SHA-256 is SHA-256."""

import hashlib

import pytest
from playwright.sync_api import Page

HASH = """
async ({ sizes, seed }) => {
  const worker = new Worker("/static/js/hash-worker.js");
  const bytes = (size) => Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed + (i >> 8)) & 255);
  const digest = (id, file) => new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => {
      if (data.id !== id) return;
      if (data.digest) resolve(data.digest);
      if (data.error) reject(new Error(data.error));
    });
    worker.postMessage({ id, file });
  });
  const found = await Promise.all(sizes.map((size, id) => digest(id, new File([bytes(size)], "photo.jpg"))));
  worker.terminate();
  return found;
}
"""
EDGES = [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129]


def expected(size: int, seed: int) -> str:
    """Return the digest of the bytes that the page makes."""
    return hashlib.sha256(bytes((i * 31 + seed + (i >> 8)) & 255 for i in range(size))).hexdigest()


@pytest.mark.parametrize("seed", [0, 7])
def test_it_agrees_at_every_edge_of_a_block(page: Page, seed: int) -> None:
    assert page.evaluate(HASH, {"sizes": EDGES, "seed": seed}) == [expected(size, seed) for size in EDGES]


def test_it_agrees_on_files_of_any_length(page: Page) -> None:
    sizes = [7, 1_000, 4_095, 65_535, 65_536, 65_600, 262_145, 399_999, 2_500_001]
    assert page.evaluate(HASH, {"sizes": sizes, "seed": 5}) == [expected(size, 5) for size in sizes]
