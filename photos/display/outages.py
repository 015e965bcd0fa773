"""What a visitor is told when a part of an answer is missing: whose photos, not which server."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext, pgettext

from accounts import people_cache
from accounts.models import User
from sharding.rows import buckets, ids

COMFORT = gettext_noop("Nothing is lost; they come back by themselves.")
_SHARES = {
    0.25: gettext_noop("a quarter"),
    1 / 3: gettext_noop("a third"),
    0.5: gettext_noop("half"),
    2 / 3: gettext_noop("two thirds"),
    0.75: gettext_noop("three quarters"),
}


def of_everybody(shards: Iterable[str]) -> str:
    """Return a sentence on how many people's photos are missing with these shards; "" for none."""
    gone = set(shards)
    if not gone:
        return ""
    share = sum(buckets.shard_of(bucket) in gone for bucket in range(ids.BUCKETS)) / ids.BUCKETS
    if share > 0.9:
        return _comforting(_("Everybody's photos are out of reach for a moment."))
    if share < 0.15:
        return _comforting(_("The photos of some people are out of reach for a moment."))
    words = _SHARES[min(_SHARES, key=lambda known: abs(known - share))]
    said = _("The photos of about %(share)s of all people are out of reach for a moment.")
    return _comforting(said % {"share": _(words)})


def of_people(owner_ids: Iterable[int], *, viewer_id: int) -> str:
    """Return a sentence that names whose photos are missing; "" for nobody's."""
    gone = list(owner_ids)
    if not gone:
        return ""
    others = [owner_id for owner_id in gone if owner_id != viewer_id]
    named = people_cache.people(others[:2])
    names = [_named(named[owner_id]) for owner_id in others[:2] if owner_id in named]
    if viewer_id in gone:
        names.insert(0, _("you"))
    rest = len(gone) - len(names)
    if rest:
        names.append(ngettext("%(count)d other", "%(count)d others", rest) % {"count": rest})
    listed = names[0]
    if len(names) > 1:
        listed = _("%(some)s and %(last)s") % {"some": ", ".join(names[:-1]), "last": names[-1]}
    return _comforting(_("Photos by %(people)s are out of reach for a moment.") % {"people": listed})


def _named(person: User) -> str:
    return pgettext("somebody in a list", "%(name)s") % {"name": person.display_name()}


def _comforting(sentence: str) -> str:
    return f"{sentence} {_(COMFORT)}"
