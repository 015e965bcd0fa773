"""Fields of forms that know how browsers send what is typed."""

from typing import Any

from django import forms


class Lines(forms.CharField):
    """Words in lines. A browser counts a line's end as one character and sends two: here, too, it is one."""

    def to_python(self, value: Any) -> str:
        """Return the words with single ends of lines, before they are counted."""
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value) or ""
