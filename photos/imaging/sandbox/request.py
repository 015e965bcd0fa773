"""What a job is asked to make, as it crosses into its process: JSON, written by us and read by the zygote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from photos.imaging.metadata.credit import Credit
from photos.imaging.renditions import ALL, Spec


@dataclass(frozen=True, slots=True)
class Order:
    """Which files, with which edits (the object that photos.edits.Edits.parse reads), and whose name in them.

    `place` says how exactly the place is wanted (photos.place), "" that it is not.
    """

    specs: frozenset[Spec] = ALL
    edits: Mapping[str, Any] | None = None
    credit: Credit | None = None
    place: str = ""

    def as_json(self) -> dict[str, Any]:
        """An object that `parse` reads."""
        return {
            "specs": [asdict(spec) for spec in sorted(self.specs)],
            "edits": self.edits and dict(self.edits),
            "credit": self.credit and asdict(self.credit),
            "place": self.place,
        }

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Order:
        """The order in an object made by `as_json`."""
        return cls(
            specs=frozenset(Spec(**fields) for fields in value["specs"]),
            edits=value["edits"] or None,
            credit=Credit(**value["credit"]) if value["credit"] else None,
            place=str(value["place"]),
        )
