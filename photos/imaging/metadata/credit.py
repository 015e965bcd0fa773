"""The one thing that may travel inside a public file besides pixels: who made it and under what licence.

Only by the owner's explicit choice, and written anew: nothing of an original's own metadata is copied.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

_LONGEST: Final = 200

_PACKET: Final = (
    '<?xpacket begin="\N{ZERO WIDTH NO-BREAK SPACE}" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">{}</rdf:Description>'
    '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)
_AUTHOR: Final = "<dc:creator><rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq></dc:creator>"
_LICENCE: Final = '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></dc:rights>'


@dataclass(frozen=True, slots=True)
class Credit:
    """Author and licence as the owner wants them shown, each one line; empty for not at all."""

    author: str = ""
    licence: str = ""

    def as_json(self) -> str:
        """What stands for it in a stamp: canonical, empty for no credit."""
        lines = {"author": one_line(self.author), "licence": one_line(self.licence)}
        return json.dumps(lines, sort_keys=True) if any(lines.values()) else ""

    def xmp(self) -> bytes:
        """An XMP packet with dc:creator and dc:rights, empty for no credit."""
        author, licence = one_line(self.author), one_line(self.licence)
        tags = (_AUTHOR.format(escape(author)) if author else "") + (
            _LICENCE.format(escape(licence)) if licence else ""
        )
        return _PACKET.format(tags).encode() if tags else b""


def one_line(text: str, longest: int = _LONGEST) -> str:
    """Return what XML and a line can hold: no control, bidirectional, private or lone surrogate characters."""
    normal = unicodedata.normalize("NFC", text)
    printable = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in normal)
    return " ".join(printable.split())[:longest]
