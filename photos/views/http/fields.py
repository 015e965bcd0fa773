"""Form fields for text as browsers send it."""

from typing import Any

from django import forms

from photos.text import cleaning


class Lines(forms.CharField):
    """Text of several lines, whose line ends count as one character each, as in a browser's own count."""

    def to_python(self, value: Any) -> str:
        """Return the text with LF at the ends of lines, before its length is checked."""
        return (
            super().to_python(cleaning.with_unix_line_ends(value) if isinstance(value, str) else value) or ""
        )
