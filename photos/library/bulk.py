"""Doing one thing to many of one's own photos: in one transaction on their shard, and undone in one for a while.

An act keeps what was there before. Undoing it leaves alone what has been changed again since: the later word counts.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from photos.library import albums, captions, trash, visibility
from photos.models import Act, Album, Photo, ToldApart, Visibility
from photos.text import tags
from sharding.consistency import causal
from sharding.rows.managers import ShardedQuerySet
from sharding.rows.transactions import shard_atomic

MAX_AT_ONCE = 10_000
UNDO_FOR = timedelta(minutes=10)
SAVED_AT_ONCE = 500

Before = dict[str, Any]


class Refused(ValueError):
    """It cannot be done; says why to the owner."""


def describe(owner_id: int, photo_ids: Iterable[int], caption: str) -> Act:
    """Give photos one caption, and the tags that are in it. Raises Refused."""
    words = captions.tidy(caption)
    if not words:  # more likely forgotten than meant, for so many
        raise Refused(_("Please write the caption first."))
    if len(words) > captions.MAX_LENGTH:
        raise Refused(_(captions.CAPTION_TOO_LONG) % {"most": captions.MAX_LENGTH, "count": len(words)})
    return _reword(owner_id, photo_ids, lambda __: words, _captions)


def add_tags(owner_id: int, photo_ids: Iterable[int], text: str) -> Act:
    """Put tags to the captions of photos; where there is no room a caption stays as it is. Raises Refused."""
    named = _tags(text)
    return _reword(owner_id, photo_ids, lambda caption: tags.add_tags(caption, named), _tags_added)


def remove_tags(owner_id: int, photo_ids: Iterable[int], text: str) -> Act:
    """Take tags out of the captions of photos. Raises Refused."""
    named = _tags(text)
    return _reword(owner_id, photo_ids, lambda caption: tags.remove_tags(caption, named), _tags_removed)


def set_visibility(owner_id: int, photo_ids: Iterable[int], level: str) -> Act:
    """Choose who sees photos. Raises Refused."""
    if level not in Visibility.values:
        raise Refused(_("Please choose who may see the photos."))
    with shard_atomic(owner_id=owner_id):
        photos = _locked(owner_id, photo_ids)
        levels = {str(photo.pk): photo.visibility for photo in photos}
        changed = visibility.change_many(photos, level)
        before = {"after": level, "levels": {str(each.pk): levels[str(each.pk)] for each in changed}}
        words = ngettext(
            "%(count)s photo: seen by %(level)s", "%(count)s photos: seen by %(level)s", len(changed)
        )
        said = words % _counted(changed, level=Visibility(level).label.lower())
        return _note(owner_id, Act.Kind.VISIBILITY, said, before)


def add_to_album(album: Album, photo_ids: Iterable[int]) -> Act:
    """Put photos at the end of an album. Raises Refused."""
    with shard_atomic(owner_id=album.owner_id):
        try:
            new = albums.add(album, photo_ids)
        except (albums.Refused, albums.Gone) as error:
            raise Refused(str(error) or _("The album is not there any more.")) from error
        words = ngettext(
            "%(count)s photo put into “%(title)s”", "%(count)s photos put into “%(title)s”", len(new)
        )
        said = words % _counted(new, title=album.title)
        return _note(album.owner_id, Act.Kind.ALBUM_ADD, said, {"album": album.pk, "photos": new})


def remove_from_album(album: Album, photo_ids: Iterable[int]) -> Act:
    """Take photos out of an album."""
    with shard_atomic(owner_id=album.owner_id):
        cover_id = Album.objects.locate(album.pk).values_list("cover_id", flat=True).first()
        taken = albums.remove(album, photo_ids)
        before: Before = {"album": album.pk, "taken": {str(photo_id): at for photo_id, at in taken.items()}}
        before["cover"] = cover_id if cover_id in taken else None
        words = ngettext(
            "%(count)s photo taken out of “%(title)s”",
            "%(count)s photos taken out of “%(title)s”",
            len(taken),
        )
        said = words % _counted(taken, title=album.title)
        return _note(album.owner_id, Act.Kind.ALBUM_REMOVE, said, before)


def put_in_trash(owner_id: int, photo_ids: Iterable[int]) -> Act:
    """Put photos into the trash."""
    with shard_atomic(owner_id=owner_id):
        trashed = trash.put(owner_id, photo_ids)
        words = ngettext(
            "%(count)s photo moved to the trash", "%(count)s photos moved to the trash", len(trashed)
        )
        said = words % _counted(trashed)
        return _note(owner_id, Act.Kind.TRASH, said, {"photos": trashed})


def tell_apart(owner_id: int, photo_ids: Iterable[int]) -> Act:
    """Note that photos only look alike, so that they are not shown as look-alikes again. Raises Refused."""
    with shard_atomic(owner_id=owner_id):
        photos = [photo.pk for photo in _locked(owner_id, photo_ids)]
        if len(photos) < 2:
            raise Refused(_("These photos are not there any more."))
        told = ToldApart(owner_id=owner_id, photo_ids=photos, said_at=timezone.now())
        told.save()
        words = ngettext(
            "%(count)s photo stays, told apart from the others",
            "%(count)s photos stay, told apart from each other",
            len(photos),
        )
        return _note(owner_id, Act.Kind.APART, words % _counted(photos), {"told_apart": told.pk})


def find(owner_id: int, act_id: int) -> Act | None:
    """Return an act that can still be undone."""
    with causal.pin():
        return _undoable(owner_id).filter(pk=act_id).first()


def undo(owner_id: int, act_id: int) -> bool:
    """Undo an act, once; return whether there was one to undo."""
    with shard_atomic(owner_id=owner_id):
        act = _undoable(owner_id).filter(pk=act_id).select_for_update().first()
        if act is None:
            return False
        act.undone_at = timezone.now()
        act.save(update_fields=["undone_at"])
        _UNDO[Act.Kind(act.kind)](owner_id, act.before)
    return True


def _reword(
    owner_id: int, photo_ids: Iterable[int], reworded: Callable[[str], str], says: Callable[[int], str]
) -> Act:
    with shard_atomic(owner_id=owner_id):
        captions_of: Before = {}
        changed = []
        for photo in _locked(owner_id, photo_ids):
            words = reworded(photo.caption)
            if words == photo.caption or len(words) > captions.MAX_LENGTH:
                continue
            captions_of[str(photo.pk)] = [photo.caption, words]
            changed.append(_with_words(photo, words))
        _save_words(owner_id, changed)
        return _note(owner_id, Act.Kind.WORDS, says(len(changed)) % _counted(changed), captions_of)


def _undo_words(owner_id: int, before: Before) -> None:
    changed = [
        _with_words(photo, before[str(photo.pk)][0])
        for photo in _locked(owner_id, map(int, before), also_in_trash=True)
        if photo.caption == before[str(photo.pk)][1]
    ]
    _save_words(owner_id, changed)


def _undo_visibility(owner_id: int, before: Before) -> None:
    levels: Mapping[str, str] = before["levels"]
    same = [each for each in _locked(owner_id, map(int, levels)) if each.visibility == before["after"]]
    for level in set(levels.values()):
        visibility.change_many([photo for photo in same if levels[str(photo.pk)] == level], level)


def _undo_adding(owner_id: int, before: Before) -> None:
    if album := _album(owner_id, before):
        albums.remove(album, before["photos"])


def _undo_removing(owner_id: int, before: Before) -> None:
    if album := _album(owner_id, before):
        albums.put_back(album, {int(photo_id): place for photo_id, place in before["taken"].items()})
        if album.cover_id is None and before.get("cover"):
            albums.set_cover(album, before["cover"])


def _undo_trash(owner_id: int, before: Before) -> None:
    trash.restore(owner_id, before["photos"])


def _undo_telling_apart(owner_id: int, before: Before) -> None:
    ToldApart.objects.of(owner_id).filter(pk=before["told_apart"]).delete()


_UNDO = {
    Act.Kind.WORDS: _undo_words,
    Act.Kind.VISIBILITY: _undo_visibility,
    Act.Kind.ALBUM_ADD: _undo_adding,
    Act.Kind.ALBUM_REMOVE: _undo_removing,
    Act.Kind.TRASH: _undo_trash,
    Act.Kind.APART: _undo_telling_apart,
}


def _album(owner_id: int, before: Before) -> Album | None:
    return Album.objects.of(owner_id).filter(pk=before["album"]).first()


def _locked(owner_id: int, photo_ids: Iterable[int], *, also_in_trash: bool = False) -> list[Photo]:
    own = Photo.objects.of(owner_id).exclude(state="reserved").filter(pk__in=list(photo_ids))
    return list((own if also_in_trash else own.kept()).order_by("pk").select_for_update())


def _with_words(photo: Photo, words: str) -> Photo:
    photo.caption, photo.tags = words, tags.tags_in(words)
    return photo


def _save_words(owner_id: int, photos: list[Photo]) -> None:
    Photo.objects.of(owner_id).bulk_update(photos, ["caption", "tags"], batch_size=SAVED_AT_ONCE)


def _undoable(owner_id: int) -> ShardedQuerySet[Act]:
    return Act.objects.of(owner_id).filter(Q(made_at__gt=timezone.now() - UNDO_FOR), undone_at=None)


def _note(owner_id: int, kind: Act.Kind, said: str, before: Before) -> Act:
    act = Act(owner_id=owner_id, kind=kind, said=said, before=before, made_at=timezone.now())
    act.save()
    return act


def _tags(text: str) -> list[str]:
    try:
        return tags.parse_tags(text)
    except ValueError as error:
        raise Refused(str(error)) from error


def _counted(some: Collection[object], **named: str) -> dict[str, str]:
    return {"count": f"{len(some):,}", **named}


def _captions(count: int) -> str:
    return ngettext("Caption changed: %(count)s photo", "Caption changed: %(count)s photos", count)


def _tags_added(count: int) -> str:
    return ngettext("Tags added: %(count)s photo", "Tags added: %(count)s photos", count)


def _tags_removed(count: int) -> str:
    return ngettext("Tags removed: %(count)s photo", "Tags removed: %(count)s photos", count)
