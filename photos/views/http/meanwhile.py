"""Forms that save whole fields, sent from a page on which they were changed meanwhile, such as in another tab.

A form carries a fingerprint of each value that it showed (`{% as_shown %}`). A field that was changed elsewhere and not
here keeps what it has now. One that was changed in both places is asked about: the page shows both, and saves the one
that is chosen. A request without fingerprints, such as a script's, is taken as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from photos.text.fingerprint import fingerprint

INTERNAL = ("csrfmiddlewaretoken", "shown-")


@dataclass(frozen=True)
class Field:
    """A field of a form: its label, what is stored, and how a value is said."""

    label: str
    stored: str
    say: Callable[[str], str] = str


@dataclass(frozen=True)
class Clash:
    """A field that was changed in two places."""

    name: str
    field: Field
    typed: str

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Return (value, as it is said, whether it is what was typed here)."""
        say = self.field.say
        return [(self.typed, say(self.typed), True), (self.field.stored, say(self.field.stored), False)]


@dataclass(frozen=True)
class Sent:
    """What a form says, with the fields that were only changed elsewhere as they are stored; the clashes."""

    data: QueryDict
    clashes: list[Clash]


def read(request: HttpRequest, fields: Mapping[str, Field]) -> Sent:
    """Compare what a form showed and says with what is stored."""
    data, clashes = request.POST.copy(), []
    for name, field in fields.items():
        shown = request.POST.get(f"shown-{name}")
        typed = request.POST.get(name)
        if shown is None or typed is None or shown == fingerprint(field.stored):
            continue
        if fingerprint(typed) == shown:
            data[name] = field.stored
        elif fingerprint(typed) != fingerprint(field.stored):
            clashes.append(Clash(name, field, typed))
    return Sent(data, clashes)


def ask(request: HttpRequest, sent: Sent, fields: Mapping[str, Field], *, back_url: str) -> HttpResponse:
    """Show both values of each field that was changed in two places; the form saves the chosen ones."""
    clashing = {clash.name for clash in sent.clashes}
    kept = [
        (name, value)
        for name, values in sent.data.lists()
        for value in values
        if name not in clashing and not name.startswith(INTERNAL)
    ]
    shown = [(f"shown-{name}", fingerprint(field.stored)) for name, field in fields.items()]
    context = {
        "action": request.get_full_path(),
        "clashes": sent.clashes,
        "kept": [*kept, *shown],
        "back_url": back_url,
    }
    return render(request, "photos/settings/changed_meanwhile.html", context, status=HTTPStatus.CONFLICT)
