"""Change many of an owner's photos at once, in one transaction on their shard, and undo that for UNDO_FOR.

Each change is kept as an `Act` row with the values before it. Undoing skips photos that were changed again since.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from photos.library import album_places, albums, captions, trash, visibility
from photos.models import Act, Album, Photo, ToldApart, Visibility
from photos.text import tags
from sharding.consistency import causal
from sharding.rows.managers import ShardedQuerySet
from sharding.rows.transactions import shard_atomic

MAX_AT_ONCE = 10_000
UNDO_FOR = timedelta(minutes=10)
SAVED_AT_ONCE = 500

Before = dict[str, Any]  # what an act keeps to be undone; its shape depends on the act's kind


class Refused(ValueError):
    """The change cannot be made; the message is for the owner."""


def set_caption(owner_id: int, photo_ids: Iterable[int], caption: str) -> Act:
    """Give photos the same caption and the tags in it. Raises Refused."""
    words = captions.tidy(caption)
    if not words:  # an empty field is more likely a mistake than the wish to clear many captions
        raise Refused(_("Please enter a caption first."))
    if len(words) > captions.MAX_LENGTH:
        raise Refused(_(captions.CAPTION_TOO_LONG) % {"most": captions.MAX_LENGTH, "count": len(words)})
    return _reword(owner_id, photo_ids, lambda __: words, _caption_changed)


def add_tags(owner_id: int, photo_ids: Iterable[int], text: str) -> Act:
    """Append tags to the captions of photos; a caption that would get too long stays as it is. Raises Refused."""
    named = _tags(text)
    return _reword(owner_id, photo_ids, lambda caption: tags.add_tags(caption, named), _tags_added)


def remove_tags(owner_id: int, photo_ids: Iterable[int], text: str) -> Act:
    """Remove tags from the captions of photos. Raises Refused."""
    named = _tags(text)
    return _reword(owner_id, photo_ids, lambda caption: tags.remove_tags(caption, named), _tags_removed)


def set_visibility(owner_id: int, photo_ids: Iterable[int], level: str) -> Act:
    """Set who may see photos. Raises Refused."""
    if level not in Visibility.values:
        raise Refused(_("Please choose who can see the photos."))
    with shard_atomic(owner_id=owner_id):
        photos = _locked(owner_id, photo_ids)
        levels = {str(photo.pk): photo.visibility for photo in photos}
        changed = visibility.change_many(photos, level)
        before = {"after": level, "levels": {str(each.pk): levels[str(each.pk)] for each in changed}}
        message = ngettext(
            "%(count)s photo: seen by %(level)s", "%(count)s photos: seen by %(level)s", len(changed)
        )
        sentence = message % _counted(changed, level=Visibility(level).label.lower())
        return _save_act(owner_id, Act.Kind.VISIBILITY, sentence, before)


def add_to_album(album: Album, photo_ids: Iterable[int]) -> Act:
    """Append photos to an album. Raises Refused."""
    with shard_atomic(owner_id=album.owner_id):
        try:
            new = album_places.add(album, photo_ids)
        except (albums.Refused, album_places.Gone) as error:
            raise Refused(str(error) or _("The album no longer exists.")) from error
        message = ngettext(
            "%(count)s photo added to “%(title)s”", "%(count)s photos added to “%(title)s”", len(new)
        )
        sentence = message % _counted(new, title=album.title)
        return _save_act(album.owner_id, Act.Kind.ALBUM_ADD, sentence, {"album": album.pk, "photos": new})


def remove_from_album(album: Album, photo_ids: Iterable[int]) -> Act:
    """Take photos out of an album."""
    with shard_atomic(owner_id=album.owner_id):
        cover_id = Album.objects.locate(album.pk).values_list("cover_id", flat=True).first()
        removed = album_places.remove(album, photo_ids)
        positions = {str(photo_id): position for photo_id, position in removed.items()}
        before: Before = {"album": album.pk, "taken": positions}
        before["cover"] = cover_id if cover_id in removed else None
        message = ngettext(
            "%(count)s photo removed from “%(title)s”",
            "%(count)s photos removed from “%(title)s”",
            len(removed),
        )
        sentence = message % _counted(removed, title=album.title)
        return _save_act(album.owner_id, Act.Kind.ALBUM_REMOVE, sentence, before)


def put_in_trash(owner_id: int, photo_ids: Iterable[int]) -> Act:
    """Put photos into the trash."""
    with shard_atomic(owner_id=owner_id):
        trashed = trash.put(owner_id, photo_ids)
        message = ngettext(
            "%(count)s photo moved to the trash", "%(count)s photos moved to the trash", len(trashed)
        )
        return _save_act(owner_id, Act.Kind.TRASH, message % _counted(trashed), {"photos": trashed})


def tell_apart(owner_id: int, photo_ids: Iterable[int]) -> Act:
    """Record that photos only look alike, so that `duplicates` does not show them again. Raises Refused."""
    with shard_atomic(owner_id=owner_id):
        photos = [photo.pk for photo in _locked(owner_id, photo_ids)]
        if len(photos) < 2:
            raise Refused(_("These photos no longer exist."))
        row = ToldApart(owner_id=owner_id, photo_ids=photos, said_at=timezone.now())
        row.save()
        message = ngettext(
            "%(count)s photo kept as different from the others",
            "%(count)s photos kept as different",
            len(photos),
        )
        return _save_act(owner_id, Act.Kind.APART, message % _counted(photos), {"told_apart": row.pk})


def find_undoable(owner_id: int, act_id: int) -> Act | None:
    """Return an act if it can still be undone."""
    with causal.pin():
        return _undoable(owner_id).filter(pk=act_id).first()


def undo(owner_id: int, act_id: int) -> bool:
    """Undo an act; return False when it is unknown, too old or undone already."""
    with shard_atomic(owner_id=owner_id):
        act = _undoable(owner_id).filter(pk=act_id).select_for_update().first()
        if act is None:
            return False
        act.undone_at = timezone.now()
        act.save(update_fields=["undone_at"])
        _UNDO[Act.Kind(act.kind)](owner_id, act.before)
    return True


def _reword(
    owner_id: int, photo_ids: Iterable[int], reworded: Callable[[str], str], message: Callable[[int], str]
) -> Act:
    """Rewrite captions by `reworded`; `message` gives the sentence for a number of photos."""
    with shard_atomic(owner_id=owner_id):
        before_and_after: Before = {}
        changed = []
        for photo in _locked(owner_id, photo_ids):
            words = reworded(photo.caption)
            if words == photo.caption or len(words) > captions.MAX_LENGTH:
                continue
            before_and_after[str(photo.pk)] = [photo.caption, words]
            changed.append(_with_words(photo, words))
        _save_words(owner_id, changed)
        sentence = message(len(changed)) % _counted(changed)
        return _save_act(owner_id, Act.Kind.WORDS, sentence, before_and_after)


def _undo_words(owner_id: int, before: Before) -> None:
    changed = [
        _with_words(photo, before[str(photo.pk)][0])
        for photo in _locked(owner_id, map(int, before), also_in_trash=True)
        if photo.caption == before[str(photo.pk)][1]
    ]
    _save_words(owner_id, changed)


def _undo_visibility(owner_id: int, before: Before) -> None:
    levels: Mapping[str, str] = before["levels"]
    unchanged = [each for each in _locked(owner_id, map(int, levels)) if each.visibility == before["after"]]
    for level in set(levels.values()):
        visibility.change_many([photo for photo in unchanged if levels[str(photo.pk)] == level], level)


def _undo_adding(owner_id: int, before: Before) -> None:
    if album := _album(owner_id, before):
        album_places.remove(album, before["photos"])


def _undo_removing(owner_id: int, before: Before) -> None:
    if album := _album(owner_id, before):
        positions = {int(photo_id): position for photo_id, position in before["taken"].items()}
        album_places.put_back(album, positions)
        if album.cover_id is None and before.get("cover"):
            album_places.set_cover(album, before["cover"])


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


def _save_act(owner_id: int, kind: Act.Kind, sentence: str, before: Before) -> Act:
    act = Act(owner_id=owner_id, kind=kind, said=sentence, before=before, made_at=timezone.now())
    act.save()
    return act


def _tags(text: str) -> list[str]:
    try:
        return tags.parse_tags(text)
    except ValueError as error:
        raise Refused(str(error)) from error


def _counted(items: Collection[object], **values: str) -> dict[str, str]:
    return {"count": f"{len(items):,}", **values}


def _caption_changed(count: int) -> str:
    return ngettext("Caption changed: %(count)s photo", "Caption changed: %(count)s photos", count)


def _tags_added(count: int) -> str:
    return ngettext("Tags added: %(count)s photo", "Tags added: %(count)s photos", count)


def _tags_removed(count: int) -> str:
    return ngettext("Tags removed: %(count)s photo", "Tags removed: %(count)s photos", count)
