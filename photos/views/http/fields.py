"""Fields of forms that know how browsers send what is typed."""

from typing import Any

from django import forms

from photos.text import cleaning


class Lines(forms.CharField):
    """Words in lines. A browser counts a line's end as one character and sends two: here, too, it is one."""

    def to_python(self, value: Any) -> str:
        """Return the words with single ends of lines, before they are counted."""
        return (
            super().to_python(cleaning.with_unix_line_ends(value) if isinstance(value, str) else value) or ""
        )
