"""Sentences for readers when shards cannot be reached: whose photos are missing, not which server is down."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext, pgettext

from accounts.models import User
from accounts.relations import people_cache
from sharding.rows import buckets, ids

COMFORT = gettext_noop("Nothing is lost; they will appear again shortly.")
_SHARES = {
    0.25: gettext_noop("a quarter"),
    1 / 3: gettext_noop("a third"),
    0.5: gettext_noop("half"),
    2 / 3: gettext_noop("two thirds"),
    0.75: gettext_noop("three quarters"),
}


def sentence_about_shards(shards: Iterable[str]) -> str:
    """Return a sentence on what share of all people's photos is missing with these shards; "" for no shard."""
    down = set(shards)
    if not down:
        return ""
    share = sum(buckets.shard_of(bucket) in down for bucket in range(ids.BUCKETS)) / ids.BUCKETS
    if share > 0.9:
        return _comforting(_("All photos are temporarily unavailable."))
    if share < 0.15:
        return _comforting(_("Photos by some people are temporarily unavailable."))
    words = _SHARES[min(_SHARES, key=lambda each: abs(each - share))]
    sentence = _("Photos by about %(share)s of all people are temporarily unavailable.")
    return _comforting(sentence % {"share": _(words)})


def sentence_about_people(owner_ids: Iterable[int], *, viewer_id: int) -> str:
    """Return a sentence with the names of the owners whose photos are missing; "" for no owner."""
    missing = list(owner_ids)
    if not missing:
        return ""
    others = [owner_id for owner_id in missing if owner_id != viewer_id]
    people = people_cache.people(others[:2])
    names = [_name(people[owner_id]) for owner_id in others[:2] if owner_id in people]
    if viewer_id in missing:
        names.insert(0, _("you"))
    rest = len(missing) - len(names)
    if rest:
        names.append(ngettext("%(count)d other", "%(count)d others", rest) % {"count": rest})
    listed = names[0]
    if len(names) > 1:
        listed = _("%(some)s and %(last)s") % {"some": ", ".join(names[:-1]), "last": names[-1]}
    return _comforting(_("Photos by %(people)s are temporarily unavailable.") % {"people": listed})


def _name(person: User) -> str:
    return pgettext("somebody in a list", "%(name)s") % {"name": person.display_name()}


def _comforting(sentence: str) -> str:
    return f"{sentence} {_(COMFORT)}"
