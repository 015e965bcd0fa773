"""Images without Django: formats, decoding, edits, renditions, metadata."""
