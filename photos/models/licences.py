"""The licences that owners may choose for their photos. Rows store the codes, so a code never changes its meaning."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from photos.imaging.i18n import gettext_noop
from photos.imaging.metadata.credit import Credit


@dataclass(frozen=True)
class Licence:
    """A licence: its stored code, its English name as files carry it, an explanation, the URL of its text or ""."""

    code: str
    name: str
    says: str
    url: str = ""

    @property
    def text(self) -> str:
        """Return the text that is written into files."""
        return f"{self.name}, {self.url}" if self.url else self.name


_CC: Final = "https://creativecommons.org/"
LICENCES: Final = {
    licence.code: licence
    for licence in (
        Licence(
            "reserved",
            gettext_noop("All rights reserved"),
            gettext_noop("No one may use it without asking you."),
        ),
        Licence(
            "cc-by-4",
            "CC BY 4.0",
            gettext_noop("Anyone may use and change it if they name you."),
            f"{_CC}licenses/by/4.0/",
        ),
        Licence(
            "cc-by-sa-4",
            "CC BY-SA 4.0",
            gettext_noop("The same, and what is made from it must be shared on the same terms."),
            f"{_CC}licenses/by-sa/4.0/",
        ),
        Licence(
            "cc-by-nc-4",
            "CC BY-NC 4.0",
            gettext_noop("Anyone may use it for non-commercial purposes if they name you."),
            f"{_CC}licenses/by-nc/4.0/",
        ),
        Licence(
            "cc0-1",
            "CC0 1.0",
            gettext_noop("You give up your rights: anyone may do anything with it."),
            f"{_CC}publicdomain/zero/1.0/",
        ),
    )
}
NONE_WRITTEN: Final = Licence(
    "", gettext_noop("None written"), gettext_noop("Files carry no licence. The law of each country applies.")
)


def credit_of(chosen: Mapping[str, str]) -> Credit:
    """Return the credit that files carry for `chosen`, whose keys "author" and "licence" (a code) may be missing."""
    licence = LICENCES.get(chosen.get("licence", ""), NONE_WRITTEN)
    return Credit(chosen.get("author", ""), licence.text if licence.code else "")
