"""Settings that an owner makes for all photos: author and licence inside the files, kept location, default visibility.

The row is on the owner's shard beside the photos: a worker that renders a photo needs no other database, one
transaction changes both, and they move together with their bucket. After a change of the credit, photos with another
credit are rendered again in the bulk queue, and their old files are retired like those of any older version.
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


def for_owner(owner_id: int) -> Preferences:
    """Return an owner's preferences; an unsaved row of defaults when they never set any."""
    return Preferences.objects.of(owner_id).first() or Preferences(owner_id=owner_id)


def change(owner_id: int, *, author: str, licence: str, location: str, visibility: str | None = None) -> bool:
    """Save an owner's preferences and apply them to existing photos; return whether the credit changed.

    A coarser location is applied at once, a changed credit by workers later (see `finish_credit_change`).
    `visibility` is the default for new photos (None keeps it); existing photos keep theirs.
    """
    with shard_atomic(owner_id=owner_id):
        Preferences.objects.of(owner_id).bulk_create([Preferences(owner_id=owner_id)], ignore_conflicts=True)
        row = Preferences.objects.of(owner_id).select_for_update().get()
        credit_before = row.credit
        row.author, row.licence = author, licence
        if _EXACTNESS[Location(location)] < _EXACTNESS[Location(row.location)]:
            _coarsen_coordinates(owner_id, location)
        row.location, row.visibility = location, visibility or row.visibility
        is_changed = row.credit != credit_before
        if is_changed:
            row.credit_changed_at = timezone.now()
            # `photos_with_other_credit` leaves out failed photos; with a new credit they get another chance.
            ready = Photo.objects.of(owner_id).filter(state=State.READY).exclude(failure_code="")
            ready.update(failure_code="", failure="")
            outbox.add(ids.bucket_for_owner(owner_id), CREDITED, {"owner_id": owner_id})
        row.save()
    return is_changed


def photos_with_other_credit(owner_id: int, credit: Mapping[str, str]) -> QuerySet[Photo]:
    """Return the complete photos of an owner whose files carry another credit than this one, newest first.

    Photos that failed to render again are left out: they would fail again.
    """
    complete = Photo.objects.of(owner_id).filter(state=State.READY, stage=Stage.FULL, failure_code="")
    outdated: QuerySet[Photo] = complete.exclude(shown_credit=dict(credit)).order_by("-pk")
    return outdated


def finish_credit_change(row: Preferences) -> bool:
    """Clear `credit_changed_at` once all photos carry the owner's credit; return False while any may not."""
    if photos_with_other_credit(row.owner_id, row.credit).exists():
        return False
    # An attempt that began before the change still writes the older credit: wait until it ends.
    if Photo.objects.of(row.owner_id).filter(UNSETTLED).exists():
        return False
    same_change = Preferences.objects.of(row.owner_id).filter(credit_changed_at=row.credit_changed_at)
    return bool(same_change.update(credit_changed_at=None))


def place_to_store(location: str, degrees: float | None) -> Cast:
    """Return the SQL value for a coordinate that was read under the setting `location`; null if it is coarser by now.

    The database decides while it writes, so a slow worker cannot bring back a coordinate that was just removed.
    """
    is_unchanged = Q(location=location) & ~Q(location=Location.NONE)
    return Cast(Case(When(is_unchanged, then=Value(degrees)), default=Value(None)), FloatField())


def _coarsen_coordinates(owner_id: int, location: str) -> None:
    """Delete the coordinates of all photos, or round them to a tenth of a degree, as `location` asks."""
    located = Photo.objects.of(owner_id).exclude(location=Location.NONE)
    if location == Location.NONE:
        located.update(location=Location.NONE, latitude=None, longitude=None)
    else:
        located.update(location=location, latitude=_tenth("latitude"), longitude=_tenth("longitude"))


def _tenth(field: str) -> Round:
    # PostgreSQL rounds to a number of digits only decimals.
    return Round(Cast(F(field), DecimalField(max_digits=9, decimal_places=6)), 1)
