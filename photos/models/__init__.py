"""All models of the product, to be imported from here; each module of this package says which rows it defines."""

from photos.models.albums import Album, AlbumPhoto
from photos.models.bulk_acts import Act, ToldApart
from photos.models.photo import Location, Photo, Stage, State
from photos.models.preferences import Digest, Preferences
from photos.models.quota import StorageAccount, StorageEntry
from photos.models.rendering import Attempt, Rendition
from photos.models.reports import Report
from photos.models.share_links import Download, ShareLink
from photos.models.social import Comment, Favourite, Kind, Like, Notification, Tally
from photos.models.visibility_levels import Visibility

__all__ = [
    "Act",
    "Album",
    "AlbumPhoto",
    "Attempt",
    "Comment",
    "Digest",
    "Download",
    "Favourite",
    "Kind",
    "Like",
    "Location",
    "Notification",
    "Photo",
    "Preferences",
    "Rendition",
    "Report",
    "ShareLink",
    "Stage",
    "State",
    "StorageAccount",
    "StorageEntry",
    "Tally",
    "ToldApart",
    "Visibility",
]
