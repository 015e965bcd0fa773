"""The request of the sandbox's protocol: what a job is to make, as JSON that the client writes and the server reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from photos.imaging.metadata.credit import Credit
from photos.imaging.renditions import ALL, Spec


@dataclass(frozen=True, slots=True)
class Request:
    """Which files to make, with which edits (the object that Edits.parse reads), and with which credit in them.

    `place` is the exactness with which the place is read (photos.imaging.metadata.gps); "" for not at all.
    """

    specs: frozenset[Spec] = ALL
    edits: Mapping[str, Any] | None = None
    credit: Credit | None = None
    place: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object that `parse` reads."""
        return {
            "specs": [asdict(spec) for spec in sorted(self.specs)],
            "edits": self.edits and dict(self.edits),
            "credit": self.credit and asdict(self.credit),
            "place": self.place,
        }

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Request:
        """Return the request in an object made by `as_json`."""
        return cls(
            specs=frozenset(Spec(**fields) for fields in value["specs"]),
            edits=value["edits"] or None,
            credit=Credit(**value["credit"]) if value["credit"] else None,
            place=str(value["place"]),
        )
