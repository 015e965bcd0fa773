"""An owner's pages as others see them (`?as=stranger`, `?as=follower`); the parameter does nothing for others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from django.http import HttpRequest

from accounts.relations.relationship import Relationship
from photos.display.cards import Tile

OTHERS = (Relationship.STRANGER, Relationship.FOLLOWER)


@dataclass(frozen=True)
class ViewAs:
    """The relationship to the owner for which a page is made.

    `is_preview` is true where the owner looks as another viewer. `address` is the page without that.
    """

    relationship: Relationship
    is_preview: bool
    address: str

    @classmethod
    def from_request(cls, request: HttpRequest, relationship: Relationship) -> Self:
        """Return the view that a viewer of this relationship gets; an owner may ask for another one (`as`)."""
        other = request.GET.get("as")
        if relationship == Relationship.OWNER and other in OTHERS:
            return cls(Relationship(other), is_preview=True, address=request.path)
        return cls(relationship, is_preview=False, address=request.path)

    @property
    def query(self) -> str:
        """Return what keeps the preview behind an address without a query."""
        return f"?as={self.relationship}" if self.is_preview else ""

    def keep_in(self, url: str) -> str:
        """Return an address that keeps the preview."""
        if not self.is_preview or not url:
            return url
        return f"{url}{'&' if '?' in url else '?'}as={self.relationship}"

    def keep_in_tiles(self, tiles: Sequence[Tile]) -> Sequence[Tile]:
        """Return tiles whose addresses keep the preview."""
        return [replace(tile, url=self.keep_in(tile.url)) for tile in tiles] if self.is_preview else tiles
