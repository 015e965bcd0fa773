"""The floor: the codecs alone, with one decode at our scale and the encoding of finished pixels."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from photos.imaging.decoding import decode
from photos.imaging.encoding import encode
from photos.imaging.render import _developed, _pixels, _source_edge
from photos.imaging.renditions import ALL, specs_for


def codec_seconds(original: bytes) -> float:
    """Return the CPU time of decoding and encoding, in seconds."""
    started = time.process_time()
    decoded = decode(original, edge_for=lambda size: _source_edge(size, None, ALL))
    spent = time.process_time() - started
    size = decoded.upright_size
    specs = specs_for(*size)
    _, pixels = _pixels(_developed(decoded, _source_edge(size, None, ALL)), size, specs)
    started = time.process_time()
    for spec in specs:
        encode(pixels[spec.edge, spec.is_square], spec)
    return spent + time.process_time() - started


if __name__ == "__main__":
    for line in sys.stdin:
        seconds = codec_seconds(Path(json.loads(line)["path"]).read_bytes())
        print(json.dumps({"cpu_seconds": seconds, "files": 0}), flush=True)
