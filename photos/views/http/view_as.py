"""Owners looking at what is theirs as somebody else would (`?as=stranger`, `?as=follower`); nobody else can."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import HttpRequest

from accounts.relationship import Relationship
from photos.display.cards import Tile

OTHERS = (Relationship.STRANGER, Relationship.FOLLOWER)


@dataclass(frozen=True)
class Guise:
    """As whom a page is made; `is_preview` where that is not who looks at it. `address` is the page as it really is."""

    tie: Relationship
    is_preview: bool
    address: str

    @property
    def query(self) -> str:
        """Return what keeps the guise behind an address that asks for nothing else."""
        return f"?as={self.tie}" if self.is_preview else ""

    def onto(self, url: str) -> str:
        """Return an address that keeps the guise."""
        if not self.is_preview or not url:
            return url
        return f"{url}{'&' if '?' in url else '?'}as={self.tie}"

    def onto_tiles(self, tiles: Sequence[Tile]) -> Sequence[Tile]:
        """Return photos whose addresses keep the guise."""
        return [replace(tile, url=self.onto(tile.url)) for tile in tiles] if self.is_preview else tiles


def of(request: HttpRequest, tie: Relationship) -> Guise:
    """Return as whom a page is asked for by somebody who is this to its owner."""
    asked = request.GET.get("as")
    if tie == Relationship.OWNER and asked in OTHERS:
        return Guise(Relationship(asked), is_preview=True, address=request.path)
    return Guise(tie, is_preview=False, address=request.path)
