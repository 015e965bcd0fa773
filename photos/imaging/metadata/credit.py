"""Author and licence, written into public files as XMP: the only metadata that a public file may carry.

They are there only if the owner chose so, and they are written anew: nothing of an original's own metadata is copied.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from photos.imaging.metadata.printable import printable_line

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
    """Author and licence as the owner wants them shown, each one line; "" for what is not to be shown."""

    author: str = ""
    licence: str = ""

    def as_json(self) -> str:
        """Return the canonical JSON that goes into a stamp (photos.files.keys); "" for no credit."""
        lines = {"author": printable_line(self.author), "licence": printable_line(self.licence)}
        return json.dumps(lines, sort_keys=True) if any(lines.values()) else ""

    def xmp(self) -> bytes:
        """Return an XMP packet (ISO 16684-1) with dc:creator and dc:rights; empty for no credit."""
        author, licence = printable_line(self.author), printable_line(self.licence)
        tags = (_AUTHOR.format(escape(author)) if author else "") + (
            _LICENCE.format(escape(licence)) if licence else ""
        )
        return _PACKET.format(tags).encode() if tags else b""
