"""Reasons why an upload is refused: exceptions with a code for the browser's script and a sentence for the user."""

from photos.imaging.i18n import gettext_noop
from photos.imaging.rejections import SENTENCES


class UploadError(Exception):
    """A refused upload; the common base of the errors below."""

    code = "refused"
    sentence = gettext_noop("This file cannot be uploaded.")

    def __init__(self, sentence: str = "") -> None:
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)


class TooLarge(UploadError):
    """The file has more bytes than one photo may have."""

    code = "too_large"


class Empty(UploadError):
    """The file has no bytes."""

    code = "empty"
    sentence = gettext_noop(
        "This file is empty. It may not have been copied completely: please choose it again."
    )


class UnsupportedType(UploadError):
    """The declared content type is none of the photo formats that the site accepts."""

    code = "unsupported_format"
    sentence = SENTENCES["unsupported_format"]


class Malformed(UploadError):
    """The request does not describe the file completely, or contradicts itself."""

    code = "malformed"
    sentence = gettext_noop("Some details of the upload are missing. Please reload the page and try again.")


class BadTicket(UploadError):
    """The ticket names no upload, or another owner's."""

    code = "bad_ticket"
    sentence = gettext_noop("This upload has expired. Please choose the photo again.")


class NotStored(UploadError):
    """The store does not hold the bytes (yet)."""

    code = "not_stored"
    sentence = gettext_noop("The photo has not arrived yet. It is being uploaded again.")


class Mismatch(UploadError):
    """The stored object has another size or checksum than the browser declared."""

    code = "mismatch"
    sentence = gettext_noop("The uploaded file does not match the one you chose. Please upload it again.")


class QuotaExceeded(UploadError):
    """The owner's quota has too few bytes left for the file."""

    code = "quota_exceeded"
    sentence = gettext_noop(
        "You have no storage left for this photo. Delete some photos and empty the trash first."
    )
