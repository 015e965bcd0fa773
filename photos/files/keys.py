"""The names of objects in the store. Pure; a key never changes what it stands for.

    up/<photo>/<sha256>                             an original
    pub/<photo>/<stamp>/640.webp                    a rendition that the edge serves to every reader
    priv/<photo>/<stamp>-<random>/sq256.jpg         a rendition that the edge serves with a signature only
    zip/...                                         an archive of an album (photos.sharing.archives)

A *shelf* is where the renditions of one version lie: a folder, `pub` or `priv`, or `folder-random`. A photo gets a new
shelf with a new random part when its audience changes, so that the new keys are unknown to those who knew the old ones.
The columns `shelf` and `shown_shelf` of a photo hold shelves.
"""

import hashlib

from photos.imaging.renditions import Spec, newest_recipe
from sharding.rows import ids

PUBLIC, PRIVATE = FOLDERS = ("pub", "priv")
BASES = "priv-base"  # the shelf of the unedited pictures that the editor starts from
STAMP_DIGITS = 16


def original_key(photo_id: int, sha256: str) -> str:
    """Return the key of a photo's original."""
    return f"up/{ids.encode(photo_id)}/{sha256}"


def rendition_key(photo_id: int, stamp: str, spec: Spec, *, shelf: str) -> str:
    """Return the key of a rendition. The stamp (see `stamp_of`) stands for all that the file is made of."""
    folder, dash, random_part = shelf.partition("-")
    return f"{folder}/{ids.encode(photo_id)}/{stamp}{dash}{random_part}/{spec.name}{spec.suffix}"


def folder_of(*, is_public: bool) -> str:
    """Return the folder of renditions: the public one, or the one that needs a signature. It is a shelf, too."""
    return PUBLIC if is_public else PRIVATE


def is_public(key_or_shelf: str) -> bool:
    """Return whether the edge serves this without a signature."""
    return key_or_shelf.startswith(PUBLIC)


def shelf_of(key: str) -> str:
    """Return the shelf in a rendition's key."""
    folder, _, version, _ = key.split("/")
    return "-".join([folder, *version.split("-")[1:]])


def on_shelf(key: str, shelf: str) -> str:
    """Return the key of the same rendition on another shelf."""
    _, pid, version, name = key.split("/")
    folder, dash, random_part = shelf.partition("-")
    return f"{folder}/{pid}/{version.partition('-')[0]}{dash}{random_part}/{name}"


def stamp_of(sha256: str, edits: str, credit: str = "", *, recipe: int | None = None) -> str:
    """Return 16 hex digits that stand for this content with these edits and this credit, rendered by this recipe.

    The recipe is the newest unless it is given. Edits and credit are canonical JSON. An empty credit adds nothing to
    what is hashed.
    """
    made_of = f"{sha256} {recipe or newest_recipe()} {edits}" + (f" {credit}" if credit else "")
    return hashlib.sha256(made_of.encode()).hexdigest()[:STAMP_DIGITS]
