"""Owners looking at what is theirs as somebody else would (`?as=stranger`, `?as=follower`); nobody else can."""

from dataclasses import dataclass

from django.http import HttpRequest

from accounts.ties import Tie

OTHERS = (Tie.STRANGER, Tie.FOLLOWER)


@dataclass(frozen=True)
class Guise:
    """As whom a page is made; `is_preview` where that is not who looks at it. `address` is the page as it really is."""

    tie: Tie
    is_preview: bool
    address: str

    def onto(self, url: str) -> str:
        """Return an address that keeps the guise."""
        if not self.is_preview or not url:
            return url
        return f"{url}{'&' if '?' in url else '?'}as={self.tie}"


def of(request: HttpRequest, tie: Tie) -> Guise:
    """Return as whom a page is asked for by somebody who is this to its owner."""
    asked = request.GET.get("as")
    if tie == Tie.OWNER and asked in OTHERS:
        return Guise(Tie(asked), is_preview=True, address=request.path)
    return Guise(tie, is_preview=False, address=request.path)
