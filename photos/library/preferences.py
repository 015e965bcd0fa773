"""What owners want for their photos: a name and a licence inside the files, whether places are kept, who sees new ones.

It lives on the owner's shard, beside the photos: a worker that renders one needs no other database, one transaction
changes both, and it moves with its bucket. Photos that carry another credit than their owner wants now are made anew in
the bulk lane, and what they were shown by is retired like any older version.
"""

from collections.abc import Mapping

from django.db.models import Case, DecimalField, F, FloatField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Round
from django.utils import timezone

from photos.models import Location, Photo, Preferences, Stage, State
from photos.models.photo import UNSETTLED
from sharding.consistency import outbox
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

CREDITED = "photos.credited"
_EXACTNESS = {Location.NONE: 0, Location.AREA: 1, Location.EXACT: 2}


def of(owner_id: int) -> Preferences:
    """Return what an owner wants; an unsaved row of defaults when they never said."""
    return Preferences.objects.of(owner_id).first() or Preferences(owner_id=owner_id)


def change(owner_id: int, *, author: str, licence: str, location: str, visibility: str | None = None) -> bool:
    """Write down what an owner wants, and do it to the photos that are there; return whether the credit changed.

    `visibility` is for new photos, None for as before; who sees those that are there stays as it is.
    """
    with shard_atomic(owner_id=owner_id):
        Preferences.objects.of(owner_id).bulk_create([Preferences(owner_id=owner_id)], ignore_conflicts=True)
        wanted = Preferences.objects.of(owner_id).select_for_update().get()
        before = wanted.credit
        wanted.author, wanted.licence = author, licence
        if _EXACTNESS[Location(location)] < _EXACTNESS[Location(wanted.location)]:
            _forget_places(owner_id, location)
        wanted.location, wanted.visibility = location, visibility or wanted.visibility
        is_new = wanted.credit != before
        if is_new:
            wanted.credit_changed_at = timezone.now()
            # A sentence about an older version would keep this photo from being made anew.
            ready = Photo.objects.of(owner_id).filter(state=State.READY).exclude(failure_code="")
            ready.update(failure_code="", failure="")
            outbox.add(ids.bucket_for_owner(owner_id), CREDITED, {"owner_id": owner_id})
        wanted.save()
    return is_new


def outdated(owner_id: int, credit: Mapping[str, str]) -> QuerySet[Photo]:
    """Return the complete photos of an owner that carry another credit than this.

    One whose making failed is left out until something changes: it would fail again.
    """
    shown = Photo.objects.of(owner_id).filter(state=State.READY, stage=Stage.FULL, failure_code="")
    found: QuerySet[Photo] = shown.exclude(shown_credit=dict(credit)).order_by("-pk")
    return found


def settle(wanted: Preferences) -> bool:
    """Note that all photos carry what their owner wants; False while some do not, or may not."""
    if outdated(wanted.owner_id, wanted.credit).exists():
        return False
    # A try that began before the change ends with the older credit: wait for its end.
    if Photo.objects.of(wanted.owner_id).filter(UNSETTLED).exists():
        return False
    same = Preferences.objects.of(wanted.owner_id).filter(credit_changed_at=wanted.credit_changed_at)
    return bool(same.update(credit_changed_at=None))


def _forget_places(owner_id: int, location: str) -> None:
    """Leave of the places that are kept no more than the owner still wants."""
    kept = Photo.objects.of(owner_id).exclude(location=Location.NONE)
    if location == Location.NONE:
        kept.update(location=Location.NONE, latitude=None, longitude=None)
    else:
        kept.update(location=location, latitude=_tenth("latitude"), longitude=_tenth("longitude"))


def _tenth(field: str) -> Round:
    # PostgreSQL rounds only decimals to a number of digits.
    return Round(Cast(F(field), DecimalField(max_digits=9, decimal_places=6)), 1)


def kept_place(location: str, degrees: float | None) -> Cast:
    """Return the value to write for a place read under `location`: nothing, if the owner wants less by now.

    The database decides at the moment of writing, so that nothing can come back that was just removed.
    """
    still_wanted = Q(location=location) & ~Q(location=Location.NONE)
    return Cast(Case(When(still_wanted, then=Value(degrees)), default=Value(None)), FloatField())
